package cap_test

import (
	"encoding/xml"
	"os"
	"testing"

	"watchfire.dev/internal/cap"
)

// plainAlert is what a program without this package would unmarshal into: text only.
type plainAlert struct {
	Identifier string `xml:"identifier"`
	Sender     string `xml:"sender"`
	Sent       string `xml:"sent"`
	Status     string `xml:"status"`
	MsgType    string `xml:"msgType"`
	Scope      string `xml:"scope"`
	References string `xml:"references"`
	Infos      []struct {
		Language    string   `xml:"language"`
		Categories  []string `xml:"category"`
		Event       string   `xml:"event"`
		Urgency     string   `xml:"urgency"`
		Severity    string   `xml:"severity"`
		Certainty   string   `xml:"certainty"`
		Expires     string   `xml:"expires"`
		Headline    string   `xml:"headline"`
		Description string   `xml:"description"`
		Instruction string   `xml:"instruction"`
		Parameters  []struct {
			Name  string `xml:"valueName"`
			Value string `xml:"value"`
		} `xml:"parameter"`
		Areas []struct {
			Desc     string   `xml:"areaDesc"`
			Polygons []string `xml:"polygon"`
			Geocodes []struct {
				Name  string `xml:"valueName"`
				Value string `xml:"value"`
			} `xml:"geocode"`
		} `xml:"area"`
	} `xml:"info"`
}

func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile("testdata/two-languages.cap")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.Run("typed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := cap.Parse(data, cap.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("unmarshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var a plainAlert
			if err := xml.Unmarshal(data, &a); err != nil {
				b.Fatal(err)
			}
		}
	})
}

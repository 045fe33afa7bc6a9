package cap_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

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

// benchDocuments gives single alerts that both readers take: those of the corpus if there is
// one, else our own.
func benchDocuments(b *testing.B) [][]byte {
	b.Helper()
	pattern := "testdata/*.cap"
	if root := os.Getenv("WATCHFIRE_CORPUS"); root != "" {
		pattern = filepath.Join(root, "feeds", "cap", "*")
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		b.Fatal(err)
	}
	var docs [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		var a plainAlert
		_, _, capErr := cap.Parse(data, cap.Options{})
		if capErr == nil && xml.Unmarshal(data, &a) == nil && a.Identifier != "" {
			docs = append(docs, data)
		}
	}
	if len(docs) == 0 {
		b.Fatalf("no document in %s", pattern)
	}
	return docs
}

// BenchmarkAgainstStandard reads the same documents in turns into typed alerts, checked and
// with their problems, and with encoding/xml into the bare structs above; each pays for the
// garbage it makes. It reports the median over the rounds of how many times longer the
// latter takes.
func BenchmarkAgainstStandard(b *testing.B) {
	docs := benchDocuments(b)
	for len(docs) < 200 {
		docs = append(docs, docs...)
	}
	block := func(read func(d []byte) error) time.Duration {
		runtime.GC()
		begin := time.Now()
		for _, d := range docs {
			if err := read(d); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(begin)
	}
	var ratios, each []float64
	for b.Loop() {
		ours := block(func(d []byte) error {
			_, _, err := cap.Parse(d, cap.Options{})
			return err
		})
		theirs := block(func(d []byte) error {
			var a plainAlert
			return xml.Unmarshal(d, &a)
		})
		ratios = append(ratios, float64(theirs)/float64(ours))
		each = append(each, float64(ours.Nanoseconds())/1000/float64(len(docs)))
	}
	slices.Sort(ratios)
	slices.Sort(each)
	b.ReportMetric(ratios[len(ratios)/2], "ratio_encodingxml:x")
	b.ReportMetric(each[len(each)/2], "alert_us:us")
}

package usgs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// Kind is the name of the format in source definitions.
const Kind = "usgs"

// Format returns the format: every form of the feed under one kind.
func Format() feed.Format { return feed.Format{Kind: Kind, Parse: Parse, Sniff: Sniff} }

var csvHeader = []byte("time,latitude,longitude,depth,mag")

// Sniff tells whether body looks like one of the forms.
func Sniff(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 16<<10)]
	if bytes.HasPrefix(head, csvHeader) || bytes.HasPrefix(head, []byte("eqfeed_callback")) {
		return true
	}
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte("earthquake.usgs.gov"))
}

// Parse reads one record of any form. Result.Links names the detail documents of events
// that have a ShakeMap or a PAGER estimate, and in a detail document the grids of its
// ShakeMap; their Key is the report's key, "@" and its version, so that each revision is
// fetched once.
func Parse(in feed.Input) (feed.Result, error) {
	if err := scan.Size(in.Body); err != nil {
		return feed.Result{}, fmt.Errorf("read earthquakes: %w", err)
	}
	body := scan.Trim(in.Body)
	var r feed.Result
	var err error
	if bytes.HasPrefix(body, csvHeader) {
		r, err = parseCSV(in, body)
	} else {
		r, err = parseJSON(in, unwrap(body))
	}
	if err != nil {
		return feed.Result{}, fmt.Errorf("read earthquakes: %w", err)
	}
	return r, nil
}

// unwrap removes the call that the GeoJSONP form puts around the document.
func unwrap(body []byte) []byte {
	const call = "eqfeed_callback("
	if !bytes.HasPrefix(body, []byte(call)) {
		return body
	}
	body = bytes.TrimRight(body[len(call):], "; \t\r\n")
	return bytes.TrimSuffix(body, []byte(")"))
}

func parseJSON(in feed.Input, body []byte) (feed.Result, error) {
	pieces, err := scan.Split(body, "features")
	if err != nil {
		if tooMuch := scan.JSON(body); tooMuch != nil {
			return feed.Result{}, tooMuch
		}
		return parseDetail(in, body, err)
	}
	var r feed.Result
	var f frame
	if err := json.Unmarshal(pieces.Frame, &f); err != nil {
		r.Quarantined = append(r.Quarantined, quarantine("metadata", err, pieces.Frame))
	} else if generated, err := scan.Millis(f.Metadata.Generated); err == nil && f.Metadata.Generated > 0 {
		r.Content = generated
	}
	stated := r.Content
	for i, raw := range pieces.Items {
		r.Items++
		addFeature(&r, in, raw, fmt.Sprintf("features[%d]", i))
	}
	if pieces.Rest != nil {
		r.Items++
		r.Quarantined = append(r.Quarantined, quarantine(fmt.Sprintf("features[%d]", len(pieces.Items)),
			fmt.Errorf("the document breaks off here: %w", fault.ErrInvalid), pieces.Rest))
	}
	if !stated.IsZero() {
		r.Content = stated // an update stated for later than the feed itself is no content
	}
	return r, nil
}

// parseDetail reads a document that is one feature; splitErr says why it is no collection.
func parseDetail(in feed.Input, body []byte, splitErr error) (feed.Result, error) {
	var head struct {
		Type       string          `json:"type"`
		Properties json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return feed.Result{}, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	if head.Type != "Feature" || len(head.Properties) == 0 {
		return feed.Result{}, splitErr
	}
	r := feed.Result{Items: 1}
	addFeature(&r, in, body, "feature")
	return r, nil
}

func addFeature(r *feed.Result, in feed.Input, raw []byte, where string) {
	f, err := readFeature(raw)
	if err != nil {
		r.Quarantined = append(r.Quarantined, quarantine(where, err, raw))
		return
	}
	notes := products(&f.Properties)
	s, err := adapt(f, raw)
	if err != nil {
		r.Quarantined = append(r.Quarantined, quarantine(where, err, raw))
		return
	}
	s.Notes = append(s.Notes, notes...)
	if s.Published.After(r.Content) {
		r.Content = s.Published
	}
	if p := f.Properties; strings.HasPrefix(p.Detail, "https://earthquake.usgs.gov/") &&
		(strings.Contains(p.Types, ",shakemap,") || strings.Contains(p.Types, ",losspager,")) {
		r.Links = append(r.Links, feed.Link{URL: p.Detail, Kind: Kind, Key: s.Key + "@" + s.Version})
	}
	r.Links = append(r.Links, mapLinks(f.Properties, s.Key)...)
	r.Signals = append(r.Signals, feed.Fill(in, s))
}

func quarantine(place string, err error, raw []byte) feed.Quarantine {
	return feed.Quarantine{Place: place, Reason: scan.Text(err.Error()), Raw: scan.Raw(raw)}
}

// newest returns the later of two times.
func newest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

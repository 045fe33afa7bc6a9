package nws

import (
	"encoding/json"
	"fmt"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
)

// envelope is what stands around the alerts; T is the poll time that some archives add.
type envelope struct {
	Type    string  `json:"type"`
	Updated string  `json:"updated"`
	T       float64 `json:"t"` // Unix milliseconds
}

// feature is one alert as GeoJSON. In JSON-LD the alert stands by itself, without
// properties, and its geometry is a text (well-known text).
type feature struct {
	Geometry   json.RawMessage `json:"geometry"`
	Properties *alert          `json:"properties"`
}

// alert is wx:Alert of api.weather.gov: CAP 1.2 in JSON. Values that may be null are
// pointers only where null and "" mean different things; here they never do.
type alert struct {
	AtID        string              `json:"@id"`
	ID          string              `json:"id"`
	AreaDesc    string              `json:"areaDesc"`
	Geocode     map[string][]string `json:"geocode"`
	References  []reference         `json:"references"`
	Sent        string              `json:"sent"`
	Effective   string              `json:"effective"`
	Onset       string              `json:"onset"`
	Expires     string              `json:"expires"`
	Ends        string              `json:"ends"`
	Status      string              `json:"status"`
	MessageType string              `json:"messageType"`
	Severity    string              `json:"severity"`
	Certainty   string              `json:"certainty"`
	Urgency     string              `json:"urgency"`
	Event       string              `json:"event"`
	Sender      string              `json:"sender"`
	SenderName  string              `json:"senderName"`
	Headline    string              `json:"headline"`
	Description string              `json:"description"`
	Instruction string              `json:"instruction"`
	Language    string              `json:"language"`
	Web         string              `json:"web"`
	Parameters  map[string][]string `json:"parameters"`
}

type reference struct {
	AtID       string `json:"@id"`
	Identifier string `json:"identifier"`
	Sender     string `json:"sender"`
	Sent       string `json:"sent"`
}

// cut splits a record into its alerts, whichever way they are wrapped: a FeatureCollection
// (also one with foreign members), JSON-LD with @graph, a bare list, or one alert alone.
// Where names the list, for quarantine.
func cut(body []byte) (pieces [][]byte, rest []byte, env envelope, where string, err error) {
	body = scan.Trim(body)
	if err := scan.JSON(body); err != nil {
		return nil, nil, env, "", err
	}
	if len(body) > 0 && body[0] == '[' {
		p, err := scan.Split(body, "")
		return p.Items, p.Rest, env, "", err
	}
	for _, key := range []string{"features", "@graph"} {
		p, err := scan.Split(body, key)
		if err != nil {
			if strings.Contains(err.Error(), "twice") {
				return nil, nil, env, "", err
			}
			continue
		}
		if err := json.Unmarshal(p.Frame, &env); err != nil && p.Rest == nil {
			return nil, nil, env, "", fmt.Errorf("read envelope: %w: %w", err, fault.ErrInvalid)
		}
		return p.Items, p.Rest, env, key, nil
	}
	f, err := decode(body)
	if err != nil || !f.Properties.alike() {
		return nil, nil, env, "", fmt.Errorf("neither features, @graph, a list nor one alert: %w", fault.ErrInvalid)
	}
	return [][]byte{body}, nil, env, "", nil
}

func decode(piece []byte) (feature, error) {
	var f feature
	if err := json.Unmarshal(piece, &f); err != nil {
		return f, fmt.Errorf("read alert: %w: %w", err, fault.ErrInvalid)
	}
	if f.Properties == nil {
		f.Properties = new(alert)
		if err := json.Unmarshal(piece, f.Properties); err != nil {
			return f, fmt.Errorf("read alert: %w: %w", err, fault.ErrInvalid)
		}
	}
	return f, nil
}

// alike tells whether the members that make an alert are there at all.
func (a *alert) alike() bool { return a.Event != "" && (a.MessageType != "" || a.Status != "") }

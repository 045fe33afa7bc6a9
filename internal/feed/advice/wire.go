package advice

import (
	"encoding/json"
	"strings"
)

// content is one document of the content API of GOV.UK with schema_name "travel_advice",
// or, with children, the index of all of them.
type content struct {
	SchemaName string `json:"schema_name"`
	BasePath   string `json:"base_path"`
	Title      string `json:"title"`
	Public     string `json:"public_updated_at"`
	UpdatedAt  string `json:"updated_at"`
	Withdrawn  struct {
		Explanation string `json:"explanation"`
	} `json:"withdrawn_notice"`
	Details struct {
		Summary string `json:"summary"`
		Country struct {
			Name string `json:"name"`
			Slug string `json:"slug"`
		} `json:"country"`
		UpdatedAt         string    `json:"updated_at"`
		ChangeDescription string    `json:"change_description"`
		AlertStatus       *[]string `json:"alert_status"` // nil: a form that does not state it
	} `json:"details"`
	Links struct {
		Children []struct {
			BasePath string `json:"base_path"`
			Public   string `json:"public_updated_at"`
		} `json:"children"`
	} `json:"links"`
}

// canadian is one country of index-alpha-eng.json, and the data of cta-cap-XX.json.
type canadian struct {
	ISO       string `json:"country-iso"`
	Published struct {
		Timestamp int64 `json:"timestamp"` // Unix seconds; date and asp beside it name no zone
	} `json:"date-published"`
	State       *int     `json:"advisory-state"` // 0..3
	HasRegional int      `json:"has-regional-advisory"`
	SeeOther    string   `json:"see-other-iso"`
	English     canWords `json:"eng"`
	French      canWords `json:"fra"`
}

type canWords struct {
	Name     string `json:"name"`
	Slug     string `json:"url-slug"`
	Advisory string `json:"advisory-text"`
	Updates  string `json:"recent-updates"`
}

// row is one country of a list that others scraped from a government's pages. The lists in
// circulation name the same things differently; each field of row takes the first that is
// there. Names are compared without case, so "Title" of the State Department's own JSON
// (form unverified) is title here.
type row struct {
	Destination string          `json:"destination"`
	Name        string          `json:"name"`
	Country     json.RawMessage `json:"country"` // a name, or {name, alpha_2}
	ISO3        string          `json:"iso3"`
	FullTitle   string          `json:"full_title"`
	Title       string          `json:"title"`

	Level       json.RawMessage `json:"level"` // a number, or words
	LevelNumber *float64        `json:"risk_level_number"`
	RiskLevel   string          `json:"risk_level"`
	Advisory    string          `json:"advisory"`
	AdvisoryLvl string          `json:"advisory_level"`
	LevelLabel  string          `json:"levelLabel"`

	UpdatedAdvisory    string `json:"last_updated_advisory"`
	UpdateDateAdvisory string `json:"update_date_advisory"`
	LastUpdated        string `json:"last_updated"`
	UpdateDate         string `json:"update_date"`
	Updated            string `json:"updated"`
	Published          string `json:"published"`
	Date               string `json:"date"`

	AdvisoryURL string `json:"advisory_details_url"`
	DetailsURL  string `json:"details_url"`
	PageURL     string `json:"page_url"`
	RemoteLink  string `json:"remote_link"`
	URL         string `json:"url"`
	Link        string `json:"link"`

	ContentMD    string `json:"content_md"`
	Summary      string `json:"summary"`
	LatestUpdate string `json:"latestUpdate"`
	UpdateReason string `json:"update_reason"`
	SubRegions   []struct {
		Level int    `json:"level"`
		Text  string `json:"text"`
	} `json:"subRegions"`
}

// country returns the name and the alpha-2 code of the country member, where they are.
func (r row) country() (name, iso2 string) {
	var object struct {
		Name   string `json:"name"`
		Alpha2 string `json:"alpha_2"`
	}
	if json.Unmarshal(r.Country, &name) == nil {
		return name, ""
	}
	if json.Unmarshal(r.Country, &object) == nil {
		return object.Name, object.Alpha2
	}
	return "", ""
}

// first returns the first of its arguments that is not blank.
func first(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}

// item is one <item> of the State Department's RSS (TAsTWs.xml). Its categories are not
// read: "Country-Tag" is a FIPS 10-4 code there (AU is Austria), from memory.
type item struct {
	Title       string `xml:"title"`
	Link        string `xml:"link"`
	Description string `xml:"description"`
	PubDate     string `xml:"pubDate"`
	Date        string `xml:"date"`
}

package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// Edits changes the portfolio thing by thing.
type Edits interface {
	Edit(ctx context.Context, who desk.Principal, base int64, edits []portfolio.Edit) (desk.EditResult, error)
}

// projectEdit is a project as a client writes it; it is found by its code.
type projectEdit struct {
	Code    string `json:"code" minLength:"1" maxLength:"100"`
	Name    string `json:"name,omitempty" maxLength:"400"`
	Country string `json:"country,omitempty" maxLength:"2" doc:"ISO 3166-1 alpha-2."`
	Sector  string `json:"sector,omitempty" maxLength:"200"`
	Zone    string `json:"zone,omitempty" maxLength:"64" doc:"IANA."`
}

// assetEdit is an asset as a client writes it; it is found by project and code.
type assetEdit struct {
	Project       string             `json:"project" minLength:"1" maxLength:"100" doc:"Code of the project."`
	Code          string             `json:"code" minLength:"1" maxLength:"100"`
	Kind          portfolio.Kind     `json:"kind,omitempty" enum:"site,route,person,supplier,counterparty"`
	Name          string             `json:"name,omitempty" maxLength:"400"`
	Country       string             `json:"country,omitempty" maxLength:"2"`
	Admin1        string             `json:"admin1,omitempty" maxLength:"200"`
	Zone          string             `json:"zone,omitempty" maxLength:"64"`
	Shape         *geo.Shape         `json:"shape,omitempty"`
	Shifts        []portfolio.Shift  `json:"shifts,omitempty" maxItems:"100"`
	Class         string             `json:"class,omitempty" maxLength:"40"`
	Vulnerability float64            `json:"vulnerability,omitempty" minimum:"0" maximum:"3"`
	ElevationM    *float64           `json:"elevation_m,omitempty"`
	CoastKM       *float64           `json:"coast_km,omitempty"`
	ChainageKM    float64            `json:"chainage_km,omitempty"`
	SeenAt        time.Time          `json:"seen_at,omitzero"`
	Radii         []portfolio.Radius `json:"radii,omitempty" maxItems:"100"`
	Tags          []string           `json:"tags,omitempty" maxItems:"100"`
}

// contactEdit is a contact as a client writes it; it is found by its code.
type contactEdit struct {
	Project  string              `json:"project,omitempty" maxLength:"100" doc:"Code of the project; missing = every project."`
	Code     string              `json:"code" minLength:"1" maxLength:"100"`
	Name     string              `json:"name,omitempty" maxLength:"400"`
	Role     string              `json:"role,omitempty" maxLength:"200"`
	Step     int                 `json:"step,omitempty" minimum:"0" maximum:"100" doc:"1 is told first."`
	Language string              `json:"language,omitempty" maxLength:"35"`
	Zone     string              `json:"zone,omitempty" maxLength:"64"`
	Channels []portfolio.Address `json:"channels,omitempty" maxItems:"20"`
}

// edit is one wish: exactly one of project, asset and contact is there.
type edit struct {
	Remove  bool         `json:"remove,omitempty" doc:"Remove the thing with this code; other fields do not count."`
	Project *projectEdit `json:"project,omitempty"`
	Asset   *assetEdit   `json:"asset,omitempty"`
	Contact *contactEdit `json:"contact,omitempty"`
}

type editInput struct {
	OnlyIf
	Body struct {
		Edits []edit `json:"edits" minItems:"1" maxItems:"10000" nullable:"false"`
	}
}

// edited is what edits did.
type edited struct {
	Version int64              `json:"version,omitempty" doc:"The new version; missing when nothing changed."`
	Changes []portfolio.Change `json:"changes"`
}

// wrongEdits is everything that is wrong with edits, as an error.
type wrongEdits []portfolio.Problem

func (w wrongEdits) Error() string {
	return fmt.Sprintf("%d problems, nothing was changed; the first: %s", len(w), w[0])
}

// Unwrap gives the problems their meaning.
func (w wrongEdits) Unwrap() error { return fault.ErrInvalid }

func (w wrongEdits) details() []*huma.ErrorDetail {
	return mapped(w[:min(len(w), 100)], func(p portfolio.Problem) *huma.ErrorDetail {
		at := "body.edits"
		if p.Where.Row > 0 {
			at = fmt.Sprintf("body.edits[%d]", p.Where.Row-1)
		}
		return &huma.ErrorDetail{Location: at, Message: p.Message, Value: p.Where}
	})
}

func (s *server) edits() {
	if s.Edits == nil {
		return
	}
	addVersioned(s, operation{
		verb: http.MethodPost, path: "/portfolio/edits", id: "edit-portfolio", tag: "portfolio", scope: desk.CanPortfolio, max: 8 << 20,
		summary: "Change projects, assets and contacts: all edits or none",
		about: "A thing is found by its code: one that is known is replaced whole, another is made. Give If-Match with the ETag of /portfolio, " +
			"so that nobody's change is overwritten unseen.",
		errors: []int{http.StatusPreconditionFailed},
		example: map[string]any{"edits": []any{map[string]any{"project": map[string]any{
			"code": "kafue", "name": "Kafue Dam", "country": "ZM", "zone": "Africa/Lusaka",
		}}}},
	}, s.edit)
}

func (s *server) edit(ctx context.Context, who desk.Principal, in *editInput) (edited, int64, error) {
	base, err := in.version()
	if err != nil {
		return edited{}, 0, err
	}
	edits := make([]portfolio.Edit, len(in.Body.Edits))
	for i, e := range in.Body.Edits {
		if edits[i], err = e.portfolio(i); err != nil {
			return edited{}, 0, err
		}
	}
	got, err := s.Edits.Edit(ctx, who, base, edits)
	if err != nil {
		return edited{}, 0, in.hold(err)
	}
	if len(got.Problems) > 0 {
		return edited{}, 0, wrongEdits(got.Problems)
	}
	return edited{Version: got.Version.Version, Changes: full(got.Changes)}, got.Version.Version, nil
}

// portfolio turns a wish into one that the portfolio understands. Its place is its number.
func (e edit) portfolio(i int) (portfolio.Edit, error) {
	out := portfolio.Edit{Remove: e.Remove, Where: portfolio.Where{Sheet: "edits", Row: i + 1}}
	n := 0
	if p := e.Project; p != nil {
		n++
		out.Project = &portfolio.Project{Code: p.Code, Name: p.Name, Country: p.Country, Sector: p.Sector, Zone: p.Zone}
	}
	if a := e.Asset; a != nil {
		n++
		out.ProjectCode = a.Project
		out.Asset = &portfolio.Asset{
			Kind: a.Kind, Code: a.Code, Name: a.Name, Country: a.Country, Admin1: a.Admin1, Zone: a.Zone, Shifts: a.Shifts, Class: a.Class,
			Vulnerability: a.Vulnerability, ElevationM: a.ElevationM, CoastKM: a.CoastKM, ChainageKM: a.ChainageKM, SeenAt: a.SeenAt,
			Radii: a.Radii, Tags: a.Tags,
		}
		if a.Shape != nil {
			out.Asset.Shape = *a.Shape
		}
	}
	if c := e.Contact; c != nil {
		n++
		out.ProjectCode = c.Project
		out.Contact = &portfolio.Contact{
			Code: c.Code, Name: c.Name, Role: c.Role, Step: c.Step, Language: c.Language, Zone: c.Zone, Channels: c.Channels,
		}
	}
	if n != 1 {
		return out, fmt.Errorf("edits: edit %d holds %d of project, asset and contact, want one: %w", i+1, n, fault.ErrInvalid)
	}
	return out, nil
}

package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
)

// A portfolioPage lists projects and versions.
type portfolioPage struct {
	Projects []desk.ProjectSummary
	Versions []desk.VersionRow
}

func (s *server) portfolio(w http.ResponseWriter, r *http.Request, v *View) error {
	projects, err := s.Reads.Projects(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read projects: %w", err)
	}
	versions, err := s.Reads.Versions(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	return s.ok(w, "portfolio", "title.portfolio", v, portfolioPage{projects, versions})
}

// A projectPage is one project with its assets, contacts and blind spots.
type projectPage struct {
	desk.ProjectSummary
	List     []portfolio.Asset
	Contacts []portfolio.Contact
	Blind    []desk.BlindSpot
	Mutes    []desk.MuteRow // of this project
	Map      *drawing
	Hushed   []desk.Suppressed // what users' rules keep from being told
}

// MutesOf are the mutes of one contact that hold for the project now.
func (p projectPage) MutesOf(contact string) []desk.MuteRow {
	var out []desk.MuteRow
	for _, m := range p.Mutes {
		if m.Contact == contact {
			out = append(out, m)
		}
	}
	return out
}

func (s *server) project(w http.ResponseWriter, r *http.Request, v *View) error {
	id := r.PathValue("project")
	projects, err := s.Reads.Projects(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read projects: %w", err)
	}
	p := projectPage{}
	for _, x := range projects {
		if x.ID == id {
			p.ProjectSummary = x
		}
	}
	if p.ID == "" {
		return fmt.Errorf("project %.40q: %w", id, fault.ErrNotFound)
	}
	if p.Hushed, err = s.Reads.Suppressed(r.Context(), v.Who, "", id); err != nil {
		return fmt.Errorf("read what rules suppress: %w", err)
	}
	all, err := s.Reads.Portfolio(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read portfolio: %w", err)
	}
	for _, a := range all.Assets {
		if a.Project == id {
			p.List = append(p.List, a)
		}
	}
	for _, c := range all.Contacts {
		if c.Project == id || c.Project == "" {
			p.Contacts = append(p.Contacts, c)
		}
	}
	for _, b := range v.Status.Blind {
		if b.Project.ID == id {
			p.Blind = append(p.Blind, b)
		}
	}
	mutes, err := s.People.Mutes(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read mutes: %w", err)
	}
	for _, m := range mutes {
		if m.Project == id {
			p.Mutes = append(p.Mutes, m)
		}
	}
	p.Map = s.assetMap(p.List)
	return s.ok(w, "project", "title.project", v, p)
}

// HeadsNow is the head-count of an asset at this hour of its own day.
func (v *View) HeadsNow(a portfolio.Asset, project portfolio.Project) int {
	zone := a.Zone
	if zone == "" {
		zone = project.Zone
	}
	return a.HeadCount(v.Now, v.Location(zone))
}

// preview shows what an upload would do. Nothing changes before commit.
func (s *server) preview(w http.ResponseWriter, r *http.Request, v *View) error {
	if !v.Who.May(desk.CanPortfolio) {
		return fmt.Errorf("upload a portfolio: %w", fault.ErrForbidden)
	}
	file, name, done, err := upload(r, v)
	if err != nil {
		return err
	}
	defer done()
	p, err := s.Do.Preview(r.Context(), v.Who, name, file)
	if err != nil {
		return fmt.Errorf("preview %.80q: %w", name, err)
	}
	return s.ok(w, "preview", "title.preview", v, previewPage{p, name})
}

// A previewPage is a preview with the name of its file.
type previewPage struct {
	desk.ImportPreview
	File string
}

// Shown bounds the rows on screen; the counts say how many there are.
const shown = 500

// FirstChanges are the changes that fit on a page.
func (p previewPage) FirstChanges() []portfolio.Change { return p.Changes[:min(shown, len(p.Changes))] }

// FirstProblems are the problems that fit on a page.
func (p previewPage) FirstProblems() []portfolio.Problem {
	return p.Problems[:min(shown, len(p.Problems))]
}

// Clean tells whether the upload can be committed.
func (p previewPage) Clean() bool { return len(p.Problems) == 0 && len(p.Changes) > 0 && p.Token != "" }

func (s *server) commit(w http.ResponseWriter, r *http.Request, v *View) error {
	if _, err := s.Do.Commit(r.Context(), v.Who, r.FormValue("token")); err != nil {
		return fmt.Errorf("commit upload: %w", err)
	}
	return seeOther(w, r, "/portfolio", "committed")
}

func (s *server) undo(w http.ResponseWriter, r *http.Request, v *View) error {
	version, err := strconv.ParseInt(r.PathValue("version"), 10, 64)
	if err != nil {
		return fmt.Errorf("version %.20q: %w", r.PathValue("version"), fault.ErrNotFound)
	}
	if _, err := s.Do.Undo(r.Context(), v.Who, version); err != nil {
		return fmt.Errorf("undo version %d: %w", version, err)
	}
	return seeOther(w, r, "/portfolio", "undone")
}

// Channels lists how a contact is reached, without the addresses: they are nobody's
// business on a shared screen.
func (v *View) Channels(c portfolio.Contact) string {
	var out []string
	for _, a := range c.Channels {
		out = append(out, v.Word("channel", a.Channel))
	}
	return strings.Join(out, ", ")
}

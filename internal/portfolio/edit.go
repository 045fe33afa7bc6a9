package portfolio

import (
	"fmt"
	"slices"
	"strings"
)

// An Edit is one wish: keep this project, asset or contact as given, or remove it. Exactly
// one of the three is set. Things are found by their codes; ids and the Project of assets
// and contacts are filled in by Apply from ProjectCode.
type Edit struct {
	Where       Where // where the wish stands, for messages
	Remove      bool
	ProjectCode string // of an asset (needed) or contact ("" = every project)
	Project     *Project
	Asset       *Asset
	Contact     *Contact
}

// Apply carries out all edits or none. A code that the base knows is replaced, any other
// is created with an id that follows from the codes, so that applying the same edits again
// changes nothing. The order of edits does not matter; the same code twice is a problem,
// and so is removing a project while assets or contacts of it, or suppliers that serve it, stay. On success it returns
// a normal portfolio at Version+1 with the changes made; when nothing changes, the base at
// its own version. With problems, the base comes back unchanged.
func Apply(base Portfolio, edits []Edit) (Portfolio, []Change, []Problem) {
	base = base.Normal()
	e := newEditor(base, len(edits))
	for _, pass := range []func(Edit){e.project, e.asset, e.contact, e.emptied} {
		for _, edit := range edits {
			pass(edit)
		}
	}
	if len(e.check.problems) > 0 {
		return base, nil, e.check.problems
	}
	next := e.result()
	changes := Diff(base, next)
	if len(changes) == 0 {
		return base, nil, nil
	}
	next.Version = base.Version + 1
	return next, changes, nil
}

// Restore returns the content of an earlier version as the version after the current one:
// an undo is a change like any other and leaves the history whole.
func Restore(current, earlier Portfolio) Portfolio {
	next := earlier.Normal()
	next.Org, next.Version = current.Org, current.Version+1
	return next
}

// editor is a portfolio that is being changed: each thing under its code.
type editor struct {
	org      string
	version  int64
	check    *checker
	projects map[string]Project
	assets   map[[2]string]Asset // project code, code
	contacts map[string]Contact
	folded   map[string]string // thing and folded code → code as written
	seen     map[string]Where  // things edited so far
	removed  map[string]string // codes of removed projects → their ids
	held     map[string]int    // project code → assets and contacts; counted by the last pass
	ids      map[string]bool   // ids of the projects after the edits; made when first asked for
}

func newEditor(base Portfolio, n int) *editor {
	e := &editor{
		org: base.Org, version: base.Version, check: newChecker(),
		projects: make(map[string]Project, len(base.Projects)+n),
		assets:   make(map[[2]string]Asset, len(base.Assets)+n),
		contacts: make(map[string]Contact, len(base.Contacts)+n),
		folded:   make(map[string]string, len(base.Assets)+n),
		seen:     make(map[string]Where, n), removed: map[string]string{},
	}
	codes := map[string]string{}
	for _, p := range base.Projects {
		codes[p.ID] = p.Code
		e.projects[p.Code] = p
		e.folded["project "+strings.ToLower(p.Code)] = p.Code
	}
	for _, a := range base.Assets {
		code := codes[a.Project]
		e.assets[[2]string{code, a.Code}] = a
		e.folded["asset "+code+"/"+strings.ToLower(a.Code)] = a.Code
	}
	for _, c := range base.Contacts {
		e.contacts[c.Code] = c
		e.folded["contact "+strings.ToLower(c.Code)] = c.Code
	}
	return e
}

// begin notes that a thing is edited and holds that this happens once and that codes do
// not differ by capitals alone. It tells whether the edit may go on.
func (e *editor) begin(edit Edit, scope, code string, exists bool) bool {
	e.check.where = edit.Where
	e.check.where.Thing = scope + code
	key := scope + strings.ToLower(code)
	if first, ok := e.seen[key]; ok {
		place := first.String()
		if place == "" {
			place = "another edit"
		}
		e.check.addf("code", "%s stands twice: it is also in %s", Quote(code), place)
		return false
	}
	e.seen[key] = edit.Where
	if other, ok := e.folded[key]; ok && other != code {
		e.check.addf("code", "%s differs from %s by capitals only: write it as %s", Quote(code), Quote(other), Quote(other))
		return false
	}
	if edit.Remove && !exists {
		e.check.addf("code", "%s is to be removed, but there is no such %s", Quote(code), strings.Fields(scope)[0])
		return false
	}
	return true
}

func (e *editor) project(edit Edit) {
	if edit.Project == nil {
		return
	}
	p := edit.Project.normal()
	old, exists := e.projects[p.Code]
	if !e.begin(edit, "project ", p.Code, exists) {
		return
	}
	if edit.Remove {
		delete(e.projects, p.Code)
		e.removed[p.Code] = old.ID
		return
	}
	if p.ID = old.ID; !exists {
		p.ID = ProjectID(e.org, p.Code)
	}
	e.check.project(p)
	e.projects[p.Code] = p
}

// projectID finds the project of an asset or contact; removing may name a project that is
// being removed by the same edits.
func (e *editor) projectID(edit Edit) (string, bool) {
	if p, ok := e.projects[edit.ProjectCode]; ok || (edit.Remove && e.removed[edit.ProjectCode] != "") {
		return p.ID, true
	}
	switch {
	case edit.ProjectCode == "":
		e.check.addf("project", "an asset needs the code of its project")
	case e.removed[edit.ProjectCode] != "":
		e.check.addf("project", "project %s is removed by the same change: remove this as well", Quote(edit.ProjectCode))
	default:
		e.check.addf("project", "there is no project %s: add a row for it, or mend the code", Quote(edit.ProjectCode))
	}
	return "", false
}

func (e *editor) asset(edit Edit) {
	if edit.Asset == nil {
		return
	}
	a := edit.Asset.normal()
	key := [2]string{edit.ProjectCode, a.Code}
	old, exists := e.assets[key]
	if !e.begin(edit, "asset "+edit.ProjectCode+"/", a.Code, exists) {
		return
	}
	var ok bool
	if a.Project, ok = e.projectID(edit); ok && edit.Remove {
		delete(e.assets, key)
		return
	}
	if a.ID = old.ID; !exists {
		a.ID = AssetID(e.org, edit.ProjectCode, a.Code)
	}
	e.check.asset(a)
	a.Serves = e.served(a.Serves)
	e.check.serves(a, e.serving)
	e.assets[key] = a
}

// served turns the codes of projects that a supplier serves into ids; ids stay what they are.
func (e *editor) served(words []string) []string {
	var out []string
	for _, w := range words {
		if p, ok := e.projects[w]; ok {
			w = p.ID
		}
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// serving tells whether a project of an id stands after the edits.
func (e *editor) serving(id string) bool {
	if e.ids == nil {
		e.ids = map[string]bool{}
		for _, p := range e.projects { // complete: assets are edited after all projects
			e.ids[p.ID] = true
		}
	}
	return e.ids[id]
}

func (e *editor) contact(edit Edit) {
	if edit.Contact == nil {
		return
	}
	c := edit.Contact.normal()
	old, exists := e.contacts[c.Code]
	if !e.begin(edit, "contact ", c.Code, exists) {
		return
	}
	if edit.Remove {
		delete(e.contacts, c.Code)
		return
	}
	c.Project = ""
	if edit.ProjectCode != "" {
		c.Project, _ = e.projectID(edit)
	}
	if c.ID = old.ID; !exists {
		c.ID = ContactID(e.org, c.Code)
	}
	e.check.contact(c)
	e.contacts[c.Code] = c
}

// emptied holds that a removed project leaves nothing behind. It runs last, when every
// other edit has been carried out.
func (e *editor) emptied(edit Edit) {
	if edit.Project == nil || !edit.Remove {
		return
	}
	if e.held == nil {
		e.held = map[string]int{}
		for key := range e.assets {
			e.held[key[0]]++
		}
		codes := map[string]string{}
		for code, id := range e.removed {
			codes[id] = code
		}
		for key, a := range e.assets {
			for _, id := range a.Serves {
				if key[0] != codes[id] {
					e.held[codes[id]]++
				}
			}
		}
		for _, c := range e.contacts {
			e.held[codes[c.Project]]++
		}
	}
	if code := strings.TrimSpace(edit.Project.Code); e.removed[code] != "" && e.held[code] > 0 {
		e.check.where = edit.Where
		e.check.where.Thing = "project " + code
		e.check.addf("action", "project %s still has %s: remove them by the same change",
			Quote(code), plural(e.held[code], "asset or contact", "assets and contacts"))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (e *editor) result() Portfolio {
	out := Portfolio{Org: e.org, Version: e.version}
	for _, p := range e.projects {
		out.Projects = append(out.Projects, p)
	}
	for _, a := range e.assets {
		out.Assets = append(out.Assets, a)
	}
	for _, c := range e.contacts {
		out.Contacts = append(out.Contacts, c)
	}
	return out.Normal()
}

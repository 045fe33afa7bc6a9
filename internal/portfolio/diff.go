package portfolio

import (
	"fmt"
	"slices"
	"strconv"

	"watchfire.dev/internal/id"
)

// ChangeKind says what happened to a thing.
type ChangeKind string

// The kinds of change.
const (
	Created ChangeKind = "created"
	Changed ChangeKind = "changed"
	Removed ChangeKind = "removed"
)

// A FieldChange is one field before and after, as text in the form of the files.
type FieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
	Note  string `json:"note,omitempty"` // where the value comes from when nobody wrote it
}

// A Change is what happened to one project, asset or contact between two versions. Fields
// of a created thing have no Old, those of a removed one no New; empty fields are left out.
type Change struct {
	Kind   ChangeKind    `json:"kind"`
	Thing  string        `json:"thing"` // "project", "asset", "contact"
	ID     string        `json:"id"`
	Code   string        `json:"code"` // an asset's is preceded by its project's: "nacala-port/gate"
	Fields []FieldChange `json:"fields"`
}

// A Field is one value of a thing under its column name.
type Field struct{ Name, Value string }

// Fields returns every field of the project as text, in the order of the files.
func (p Project) Fields() []Field {
	return []Field{
		{"code", p.Code},
		{"name", p.Name},
		{"country", p.Country},
		{"zone", p.Zone},
		{"sector", p.Sector},
	}
}

// Fields returns every field of the asset as text, in the order of the files; project is
// the project's id, serves those of other projects, and geometry the whole shape.
func (a Asset) Fields() []Field {
	return []Field{
		{"thing", string(a.Kind)},
		{"project", a.Project},
		{"code", a.Code},
		{"name", a.Name},
		{"country", a.Country},
		{"admin1", a.Admin1},
		{"zone", a.Zone},
		{"geometry", FormatShape(a.Shape)},
		{"radius_km", formatOptional(a.Shape.RadiusKM)},
		{"shifts", FormatShifts(a.Shifts)},
		{"class", a.Class},
		{"vulnerability", formatOptional(a.Vulnerability)},
		{"elevation_m", formatPointer(a.ElevationM)},
		{"coast_km", formatPointer(a.CoastKM)},
		{"chainage_km", formatOptional(a.ChainageKM)},
		{"inner", FormatInner(a.Inner)},
		{"serves", joinList(a.Serves)},
		{"seen_at", formatTime(a.SeenAt)},
		{"travel_kmh", formatOptional(a.TravelKMH)},
		{"radii", FormatRadii(a.Radii)},
		{"tags", joinList(a.Tags)},
	}
}

// Fields returns every field of the contact as text, in the order of the files.
func (c Contact) Fields() []Field {
	return []Field{
		{"project", c.Project},
		{"code", c.Code},
		{"name", c.Name},
		{"zone", c.Zone},
		{"role", c.Role},
		{"step", strconv.Itoa(c.Step)},
		{"language", c.Language},
		{"channels", FormatChannels(c.Channels)},
	}
}

// Diff returns what has to happen to turn the portfolio before into the one after:
// projects first, then assets, then contacts, each by id. Things are the same when their
// ids are. Equal portfolios give none. Both must be in normal form.
func Diff(before, after Portfolio) []Change {
	codes := map[string]string{}
	for _, p := range slices.Concat(before.Projects, after.Projects) {
		codes[p.ID] = p.Code
	}
	out := diffThings("project", before.Projects, after.Projects, func(p Project) (string, string, []Field) {
		return p.ID, p.Code, p.Fields()
	})
	out = append(out, diffThings("asset", before.Assets, after.Assets, func(a Asset) (string, string, []Field) {
		return a.ID, codes[a.Project] + "/" + a.Code, a.Fields()
	})...)
	return append(out, diffThings("contact", before.Contacts, after.Contacts, func(c Contact) (string, string, []Field) {
		return c.ID, c.Code, c.Fields()
	})...)
}

// diffThings walks two slices that are sorted by id.
func diffThings[T any](thing string, before, after []T, read func(T) (id, code string, fields []Field)) []Change {
	var out []Change
	for i, j := 0, 0; i < len(before) || j < len(after); {
		var oldID, newID, oldCode, newCode string
		var oldFields, newFields []Field
		if i < len(before) {
			oldID, oldCode, oldFields = read(before[i])
		}
		if j < len(after) {
			newID, newCode, newFields = read(after[j])
		}
		switch {
		case j == len(after) || (i < len(before) && oldID < newID):
			out = append(out, Change{Removed, thing, oldID, oldCode, fieldChanges(oldFields, nil)})
			i++
		case i == len(before) || newID < oldID:
			out = append(out, Change{Created, thing, newID, newCode, fieldChanges(nil, newFields)})
			j++
		default:
			if fields := fieldChanges(oldFields, newFields); len(fields) > 0 {
				out = append(out, Change{Changed, thing, newID, newCode, fields})
			}
			i, j = i+1, j+1
		}
	}
	return out
}

func fieldChanges(before, after []Field) []FieldChange {
	var out []FieldChange
	for i := range max(len(before), len(after)) {
		var c FieldChange
		if i < len(before) {
			c.Field, c.Old = before[i].Name, before[i].Value
		}
		if i < len(after) {
			c.Field, c.New = after[i].Name, after[i].Value
		}
		if c.Old != c.New {
			c.Old, c.New = abridge(c.Old), abridge(c.New)
			out = append(out, c)
		}
	}
	return out
}

// abridge keeps a change small enough for a journal entry: a long drawing is given by its
// beginning, its length and its hash. The whole value stands in the stored versions.
func abridge(text string) string {
	const keep = 400
	if len(text) <= 2*keep {
		return text
	}
	head := []byte(text[:keep])
	for len(head) > 0 && head[len(head)-1] >= 0x80 { // not inside a character
		head = head[:len(head)-1]
	}
	return fmt.Sprintf("%s… (%d bytes, sha256 %s)", head, len(text), id.Hash([]byte(text)))
}

// Inverse returns the changes that undo the given ones, last first. It is for showing and
// journalling an undo; the undo itself is Restore with the stored previous version.
func Inverse(changes []Change) []Change {
	kinds := map[ChangeKind]ChangeKind{Created: Removed, Removed: Created, Changed: Changed}
	out := make([]Change, 0, len(changes))
	for _, c := range slices.Backward(changes) {
		inverse := c
		inverse.Kind, inverse.Fields = kinds[c.Kind], make([]FieldChange, len(c.Fields))
		for i, f := range c.Fields {
			inverse.Fields[i] = FieldChange{Field: f.Field, Old: f.New, New: f.Old}
		}
		out = append(out, inverse)
	}
	return out
}

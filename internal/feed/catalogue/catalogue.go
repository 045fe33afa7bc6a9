// Package catalogue holds the definitions of the sources that Watchfire knows from the
// start, as data, and reads a user's own file over them. It promises that what it returns
// can be used: every kind exists, every interval has a unit and respects its floor, every
// source has an age limit after which its silence counts as blindness, and every error names
// the source and the field. It fetches nothing, and it does not say whether a source is
// alive: whether its form was ever held against a real answer is the field unverified.
package catalogue

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
)

//go:embed sources/*.yaml
var builtIn embed.FS

// maxBytes is the largest file of definitions.
const maxBytes = 4 << 20

// document is the form of a file: defaults fill what a new source leaves out.
type document struct {
	Defaults map[string]any   `yaml:"defaults"`
	Sources  []map[string]any `yaml:"sources"`
}

// Load returns the built-in sources, with the user's file laid over them: a source of a
// known id changes the fields it names, one of a new id is added behind. An empty overlay
// changes nothing. Errors wrap fault.ErrInvalid and name source and field.
func Load(overlay []byte) ([]feed.Source, error) {
	s := &set{at: map[string]int{}}
	names, err := fs.Glob(builtIn, "sources/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list built-in sources: %w", err)
	}
	slices.Sort(names)
	for _, name := range names {
		raw, err := builtIn.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read built-in sources: %w", err)
		}
		if err := s.add(raw); err != nil {
			return nil, fmt.Errorf("built-in %s: %w", name, err)
		}
	}
	if err := s.add(overlay); err != nil {
		return nil, err
	}
	return s.checked()
}

// Own returns the sources of a user's file alone, without the built-in ones.
func Own(overlay []byte) ([]feed.Source, error) {
	s := &set{at: map[string]int{}}
	if err := s.add(overlay); err != nil {
		return nil, err
	}
	return s.checked()
}

// set is the list being put together.
type set struct {
	list []feed.Source
	at   map[string]int
}

func (s *set) add(raw []byte) error {
	if len(raw) > maxBytes {
		return fmt.Errorf("file of sources has %d bytes, at most %d: %w", len(raw), maxBytes, fault.ErrTooLarge)
	}
	var doc document
	if err := yaml.UnmarshalWithOptions(raw, &doc, yaml.Strict()); err != nil {
		return fmt.Errorf("file of sources: %s: %w", reason(err), fault.ErrInvalid)
	}
	seen := map[string]bool{}
	for i, fields := range doc.Sources {
		id, _ := fields["id"].(string)
		if id == "" {
			return fmt.Errorf("source %d of the file: id: missing or no text: %w", i+1, fault.ErrInvalid)
		}
		if seen[id] {
			return fmt.Errorf("source %s: id: stands twice in the file: %w", id, fault.ErrInvalid)
		}
		seen[id] = true
		if err := s.lay(id, fields, doc.Defaults); err != nil {
			return err
		}
	}
	return nil
}

// lay puts one definition over what is known of its id, else over the defaults.
func (s *set) lay(id string, fields, defaults map[string]any) error {
	var source feed.Source
	at, known := s.at[id]
	if known {
		source = s.list[at]
	} else {
		all := maps.Clone(defaults)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, fields)
		fields = all
	}
	raw, err := yaml.Marshal(fields)
	if err != nil {
		return fmt.Errorf("source %s: %s: %w", id, reason(err), fault.ErrInvalid)
	}
	if err := yaml.UnmarshalWithOptions(raw, &source, yaml.Strict()); err != nil {
		return fmt.Errorf("source %s: %s: %w", id, reason(err), fault.ErrInvalid)
	}
	if known {
		s.list[at] = source
		return nil
	}
	s.at[id] = len(s.list)
	s.list = append(s.list, source)
	return nil
}

var position = regexp.MustCompile(`^\[\d+:\d+\] `)

// reason is the YAML library's message without its excerpt and, since single definitions
// are decoded on their own, without its line.
func reason(err error) string {
	return position.ReplaceAllString(yaml.FormatError(err, false, false), "")
}

// checked returns the list, or everything that is wrong with it.
func (s *set) checked() ([]feed.Source, error) {
	var all []error
	for _, source := range s.list {
		for _, problem := range problems(source) {
			all = append(all, fmt.Errorf("source %s: %s: %w", source.ID, problem, fault.ErrInvalid))
		}
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	return s.list, nil
}

package cap

import (
	"bytes"
	"fmt"
	"strings"

	"watchfire.dev/internal/fault"
)

// target is a part of an alert being filled, whether from XML or from JSON.
type target interface {
	kind() node
	// set takes the trimmed text of a leaf.
	set(b *builder, f field, text string)
	// child makes room for an inner element and gives what to fill.
	child(f field) target
}

// builder turns the text of elements into typed values and notes what it mends.
type builder struct {
	*trail
	version string
	fromXML bool
}

type (
	alertTarget    struct{ *Alert }
	infoTarget     struct{ *Info }
	resourceTarget struct{ *Resource }
	areaTarget     struct{ *Area }
	pairTarget     struct{ *Pair }
)

func (alertTarget) kind() node    { return alertNode }
func (infoTarget) kind() node     { return infoNode }
func (resourceTarget) kind() node { return resourceNode }
func (areaTarget) kind() node     { return areaNode }
func (pairTarget) kind() node     { return pairNode }

func (a alertTarget) child(field) target {
	a.Infos = append(a.Infos, newInfo())
	return infoTarget{&a.Infos[len(a.Infos)-1]}
}

func newInfo() Info {
	return Info{Language: defaultLanguage}
}

func (in infoTarget) child(f field) target {
	switch f.name {
	case "eventCode":
		return addPair(&in.EventCodes)
	case "parameter":
		return addPair(&in.Parameters)
	case "resource":
		in.Resources = append(in.Resources, Resource{})
		return resourceTarget{&in.Resources[len(in.Resources)-1]}
	default:
		in.Areas = append(in.Areas, Area{})
		return areaTarget{&in.Areas[len(in.Areas)-1]}
	}
}

func (a areaTarget) child(field) target { return addPair(&a.Geocodes) }

// A resource and a pair hold only leaves, so child is never asked of them.
func (r resourceTarget) child(field) target { return r }
func (p pairTarget) child(field) target     { return p }

func addPair(list *[]Pair) target {
	*list = append(*list, Pair{})
	return pairTarget{&(*list)[len(*list)-1]}
}

// fill reads the children of the present element into t, to its end tag.
func (p *parser) fill(b *builder, t target) error {
	var seen [24]int
	var last uint8
	var disordered, strayed bool
	for {
		tok, err := p.inside()
		if err != nil {
			return err
		}
		switch tok.kind {
		case endTag:
			return nil
		case charData:
			if stray := bytes.TrimSpace(tok.data); len(stray) > 0 && !strayed {
				strayed = p.stray(b, t, string(stray))
			}
		case startTag:
			f, ok := p.childField(t.kind(), tok)
			if !ok {
				if err := p.foreign(t, tok); err != nil {
					return err
				}
				continue
			}
			seen[f.pos]++
			late := f.pos < last && !disordered && b.version != "1.0"
			disordered = disordered || late
			last = max(last, f.pos)
			if err := p.fillChild(b, t, f, seen[f.pos], late); err != nil {
				return err
			}
		}
	}
}

// childField matches by local name within the namespace of the alert, within any other
// namespace of CAP, and without namespace. A foreign namespace never matches, but for the
// names of a pair, which feeds write in their own (MeteoAlarm and NWS in Atom's).
func (p *parser) childField(kind node, tok *token) (field, bool) {
	if tok.space != p.space && tok.space != "" && kind != pairNode {
		if _, ok := versionOf(tok.space); !ok {
			return field{}, false
		}
	}
	return fieldOf(kind, tok.name)
}

// fillChild reads one child; late tells that it is the first out of order in its parent.
func (p *parser) fillChild(b *builder, t target, f field, nth int, late bool) error {
	index := 0
	if f.many {
		index = nth
	}
	p.push(f.name, index)
	defer p.pop()
	if late {
		p.note("out of the order of the schema")
	}
	if nth > 1 && !f.many {
		p.note("element given again; the first one is kept")
		return p.skip()
	}
	if f.kind == infoNode && nth > maxInfos {
		return p.fault(fault.ErrTooLarge, fmt.Errorf("more than %d info elements", maxInfos))
	}
	if f.kind != leaf {
		return p.fill(b, t.child(f))
	}
	text, err := p.text()
	if err != nil {
		return err
	}
	if r, ok := t.(resourceTarget); ok && f.name == "derefUri" {
		// Kept out of the strings on purpose: attachments reach 590 kB in Canadian alerts.
		r.embed(b, text)
		return nil
	}
	t.set(b, f, p.lex.stringOf(text))
	return nil
}

// foreign skips an element that is not of CAP. Only an XML signature belongs in an alert.
func (p *parser) foreign(t target, tok *token) error {
	if a, ok := t.(alertTarget); ok && tok.space == nsSignature && tok.name == "Signature" {
		a.Signed = true
		return p.skip()
	}
	p.note("element %s is not of CAP and was left out", excerpt(tok.name))
	return p.skip()
}

// stray takes text where only elements belong. CAP 1.0 wrote pairs as "name=value".
func (p *parser) stray(b *builder, t target, text string) bool {
	if pair, ok := t.(pairTarget); ok && pair.Name == "" {
		if name, value, found := strings.Cut(text, "="); found {
			pair.Name, pair.Value = strings.TrimSpace(name), strings.TrimSpace(value)
			if b.version != "1.0" {
				p.note("pair written as name=value, the form of CAP 1.0")
			}
			return true
		}
	}
	p.note("text between elements left out: %s", excerpt(text))
	return true
}

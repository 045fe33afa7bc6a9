package rulefile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"watchfire.dev/internal/rule"
)

// kind is what a node of a file is.
type kind uint8

const (
	empty   kind = iota
	scalar       // text, number, true or false
	block        // text after "|": its lines stand as they are
	list         //
	mapping      //
)

// A node is a piece of YAML with its place: line and column from 1 of the value's first
// character. Scalars keep their text as written, so that 1e3, yes and 007 stay what people
// wrote until a field says what it wants.
type node struct {
	kind         kind
	text         string
	quoted       bool
	line, column int
	items        []*node
	entries      []entry
}

type entry struct {
	key          string
	line, column int
	value        *node
}

// tree reads one YAML document into nodes.
func tree(raw []byte) (root *node, problems []rule.Problem) {
	if p, ok := bounded(raw); !ok {
		return nil, []rule.Problem{p}
	}
	// The reader of YAML is not ours; should it stumble over hostile bytes, the file is bad.
	defer func() {
		if r := recover(); r != nil {
			root, problems = nil, []rule.Problem{{Line: 1, Column: 1, Message: fmt.Sprintf("the file cannot be read as YAML: %v", r)}}
		}
	}()
	f, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, []rule.Problem{plain(err)}
	}
	var bodies []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return &node{line: 1, column: 1}, nil
	case 1:
		root, p := build(bodies[0], 0)
		if p != nil {
			return nil, []rule.Problem{*p}
		}
		return root, nil
	}
	return nil, []rule.Problem{{Line: bodies[1].GetToken().Position.Line, Column: 1, Message: oneDocument}}
}

func plain(err error) rule.Problem {
	p := rule.Problem{Line: 1, Column: 1}
	var at yaml.Error
	message := err.Error()
	if errors.As(err, &at) {
		message = at.GetMessage()
		if t := at.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	if r := []rune(message); len(r) > 200 {
		message = string(r[:200]) + "…"
	}
	p.Message = "this cannot be read as YAML: " + message
	return p
}

// build turns a parsed node into ours; the first thing that cannot stand in a file of
// rules is a problem.
func build(n ast.Node, depth int) (*node, *rule.Problem) {
	out := place(n)
	refuse := func(message string) (*node, *rule.Problem) {
		return nil, &rule.Problem{Line: out.line, Column: out.column, Message: message}
	}
	if depth > maxDepth {
		return refuse("lists and keys are nested too deeply")
	}
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return out, nil
	case *ast.LiteralNode:
		out.kind, out.text = block, n.Value.Value
		if !strings.HasPrefix(n.Start.Value, "|") {
			out.kind = scalar // folded: its lines are joined
		}
	case *ast.MappingNode:
		out.kind = mapping
		return out.addEntries(n.Values, depth)
	case *ast.MappingValueNode:
		out.kind = mapping
		return out.addEntries([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out.kind = list
		for _, v := range n.Values {
			item, p := build(v, depth+1)
			if p != nil {
				return nil, p
			}
			out.items = append(out.items, item)
		}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.DirectiveNode:
		return refuse("anchors (&), aliases (*) and tags (!) cannot stand in a file of rules; put a text that begins so between quotes")
	case ast.ScalarNode:
		t := n.GetToken()
		out.kind, out.text = scalar, t.Value
		out.quoted = t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
		if s, ok := n.(*ast.StringNode); ok {
			out.text = s.Value
		}
	default:
		return refuse("this kind of YAML cannot stand in a file of rules")
	}
	return out, nil
}

func (out *node) addEntries(values []*ast.MappingValueNode, depth int) (*node, *rule.Problem) {
	for _, v := range values {
		key := place(v.Key)
		if _, ok := v.Key.(ast.ScalarNode); !ok || v.Key.IsMergeKey() {
			return nil, &rule.Problem{Line: key.line, Column: key.column, Message: "a key is a plain word"}
		}
		value, p := build(v.Value, depth+1)
		if p != nil {
			return nil, p
		}
		if value.line == 0 {
			value.line, value.column = key.line, key.column
		}
		if len(out.entries) == 0 {
			out.line, out.column = key.line, key.column
		}
		out.entries = append(out.entries, entry{key: v.Key.GetToken().Value, line: key.line, column: key.column, value: value})
	}
	return out, nil
}

// place returns an empty node where n begins.
func place(n ast.Node) *node {
	out := &node{}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return out
	}
	at := n.GetToken().Position
	out.line, out.column = at.Line, at.Column
	return out
}

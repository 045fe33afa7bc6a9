package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A description is the served OpenAPI document as plain JSON.
type description struct {
	t    *testing.T
	root map[string]any
}

func (w *world) description() description {
	d := description{t: w.t}
	w.do(actor{}, 200, http.MethodGet, "/api/v1/openapi.json", "").into(&d.root)
	return d
}

// at follows keys; nil when one is missing.
func at(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

func text(v any) string { s, _ := v.(string); return s }

// resolve follows a $ref inside the document.
func (d description) resolve(v any) any {
	for {
		ref := text(at(v, "$ref"))
		if ref == "" {
			return v
		}
		path, ok := strings.CutPrefix(ref, "#/")
		next := at(d.root, strings.Split(path, "/")...)
		if !ok || next == nil {
			d.t.Errorf("$ref %s leads nowhere", ref)
			return nil
		}
		v = next
	}
}

// walk visits every node of the document.
func walk(v any, path string, visit func(path string, node map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(path, v)
		for k, x := range v {
			walk(x, path+"/"+k, visit)
		}
	case []any:
		for i, x := range v {
			walk(x, path+"/"+strconv.Itoa(i), visit)
		}
	}
}

// check holds a value against a schema, as far as our descriptions use JSON Schema.
func (d description) check(schema, value any, place string) error {
	s, _ := d.resolve(schema).(map[string]any)
	if err := checkType(s["type"], value, place); err != nil {
		return err
	}
	if list, ok := s["enum"].([]any); ok && !slices.Contains(list, value) {
		return fmt.Errorf("%s: %v is none of %v", place, value, list)
	}
	switch v := value.(type) {
	case map[string]any:
		return d.checkObject(s, v, place)
	case []any:
		if n, ok := s["minItems"].(float64); ok && len(v) < int(n) {
			return fmt.Errorf("%s: %d items", place, len(v))
		}
		for i, x := range v {
			if err := d.check(s["items"], x, fmt.Sprintf("%s[%d]", place, i)); err != nil {
				return err
			}
		}
	case string:
		return checkText(s, v, place)
	case float64:
		low, hasLow := s["minimum"].(float64)
		high, hasHigh := s["maximum"].(float64)
		if hasLow && v < low || hasHigh && v > high {
			return fmt.Errorf("%s: %v is out of bounds", place, v)
		}
	}
	return nil
}

func (d description) checkObject(s, v map[string]any, place string) error {
	required, _ := s["required"].([]any)
	for _, k := range required {
		if _, ok := v[text(k)]; !ok {
			return fmt.Errorf("%s: %s is missing", place, k)
		}
	}
	for k, x := range v {
		sub := at(s, "properties", k)
		if sub == nil {
			if sub = s["additionalProperties"]; sub == false {
				return fmt.Errorf("%s: %s is not described", place, k)
			}
		}
		if sub == nil || sub == true {
			continue
		}
		if err := d.check(sub, x, place+"."+k); err != nil {
			return err
		}
	}
	return nil
}

func checkText(s map[string]any, v, place string) error {
	if n, ok := s["maxLength"].(float64); ok && len(v) > int(n) {
		return fmt.Errorf("%s: %d bytes", place, len(v))
	}
	if n, ok := s["minLength"].(float64); ok && len(v) < int(n) {
		return fmt.Errorf("%s: too short", place)
	}
	if p := text(s["pattern"]); p != "" && !regexp.MustCompile(p).MatchString(v) {
		return fmt.Errorf("%s: %q does not fit %s", place, v, p)
	}
	if s["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return nil
}

func checkType(want, value any, place string) error {
	if want == nil {
		return nil
	}
	got := "null"
	switch v := value.(type) {
	case map[string]any:
		got = "object"
	case []any:
		got = "array"
	case string:
		got = "string"
	case bool:
		got = "boolean"
	case float64:
		got = "number"
		if v == float64(int64(v)) {
			got = "integer"
		}
	}
	wants, ok := want.([]any)
	if !ok {
		wants = []any{want}
	}
	if slices.Contains(wants, any(got)) || got == "integer" && slices.Contains(wants, any("number")) {
		return nil
	}
	return fmt.Errorf("%s: %s, want %v", place, got, want)
}

// operations lists every operation as verb, path, node.
func (d description) operations(visit func(verb, path string, op map[string]any)) {
	paths, _ := d.root["paths"].(map[string]any)
	for path, verbs := range paths {
		for verb, op := range verbs.(map[string]any) {
			visit(verb, path, op.(map[string]any))
		}
	}
}

func TestDescriptionIsWellFormed(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		d := w.description()
		if d.root["openapi"] != "3.1.0" || at(d.root, "info", "title") == nil || at(d.root, "info", "version") == nil {
			t.Errorf("head: %v %v", d.root["openapi"], d.root["info"])
		}
		walk(d.root, "#", func(path string, node map[string]any) {
			d.resolve(node)
			for _, k := range []string{"example", "default"} { // what stands as an example fits its schema
				schema := node["schema"]
				if k == "default" {
					schema = node
				}
				if v, ok := node[k]; ok && schema != nil && !strings.HasSuffix(path, "/properties") {
					if err := d.check(schema, v, k); err != nil {
						t.Errorf("%s: %v", path, err)
					}
				}
			}
		})
		known := map[string]bool{}
		tags, _ := d.root["tags"].([]any)
		for _, tag := range tags {
			known[text(at(tag, "name"))] = true
		}
		ids := map[string]bool{}
		d.operations(func(verb, path string, op map[string]any) {
			where := verb + " " + path
			id := text(op["operationId"])
			if ids[id] || id == "" || text(op["summary"]) == "" {
				t.Errorf("%s: id %q missing or twice, or no summary", where, id)
			}
			ids[id] = true
			list, _ := op["tags"].([]any)
			if len(list) != 1 || !known[text(list[0])] {
				t.Errorf("%s: tags %v", where, list)
			}
			d.checkSecurity(where, op)
			d.checkParameters(where, path, op)
			d.checkAnswers(where, verb, op)
		})
		raw := w.do(actor{}, 200, http.MethodGet, "/api/v1/openapi.yaml", "").Body.String()
		d.operations(func(_, path string, op map[string]any) {
			if !strings.Contains(raw, path+":\n") || !strings.Contains(raw, "operationId: "+text(op["operationId"])+"\n") {
				t.Errorf("as YAML %s is missing", path)
			}
		})
	})
}

func (d description) checkSecurity(where string, op map[string]any) {
	list, ok := op["security"].([]any)
	if !ok {
		d.t.Errorf("%s: says nothing about who may call", where)
	}
	for _, s := range list {
		for scheme := range s.(map[string]any) {
			if at(d.root, "components", "securitySchemes", scheme) == nil {
				d.t.Errorf("%s: unknown scheme %s", where, scheme)
			}
		}
	}
	if open := strings.Contains(where, " /api/v1/") && !strings.Contains(where, "/schema/") && !strings.Contains(where, "/public/"); open == (len(list) == 0) {
		d.t.Errorf("%s: security %v", where, list)
	}
}

func (d description) checkParameters(where, path string, op map[string]any) {
	named := map[string]bool{}
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		p := d.resolve(p)
		in, name := text(at(p, "in")), text(at(p, "name"))
		if named[in+" "+name] || at(p, "schema") == nil {
			d.t.Errorf("%s: parameter %s %s stands twice, or has no schema", where, in, name)
		}
		named[in+" "+name] = true
		if in == "path" && (at(p, "required") != true || !strings.Contains(path, "{"+name+"}")) {
			d.t.Errorf("%s: path parameter %s", where, name)
		}
	}
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		if !named["path "+m[1]] {
			d.t.Errorf("%s: {%s} is not described", where, m[1])
		}
	}
}

func (d description) checkAnswers(where, verb string, op map[string]any) {
	answers, _ := op["responses"].(map[string]any)
	good := 0
	for status, a := range answers {
		a := d.resolve(a)
		if text(at(a, "description")) == "" {
			d.t.Errorf("%s: answer %s has no description", where, status)
		}
		if status < "300" {
			good++
		}
		if status >= "400" && at(a, "content", "application/problem+json", "schema", "$ref") == nil {
			d.t.Errorf("%s: answer %s is no problem document", where, status)
		}
	}
	want := []string{"422", "500", "503"}
	if list, _ := op["security"].([]any); len(list) > 0 {
		want = append(want, "401")
	}
	if op["x-scope"] != nil {
		want = append(want, "403")
	}
	if verb != "get" {
		want = append(want, "413")
	}
	for _, s := range want {
		if answers[s] == nil {
			d.t.Errorf("%s: answer %s is not described", where, s)
		}
	}
	if good != 1 {
		d.t.Errorf("%s: %d answers of success", where, good)
	}
}

// TestAnswersAreAsDescribed holds what is really answered against the description: status,
// content type and every field.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		d := w.description()
		served := w.described()
		hold := func(c call, got answered) {
			t.Helper()
			route := served[c.id]
			kind, _, _ := strings.Cut(got.Header().Get("Content-Type"), ";")
			answer := at(d.root, "paths", route[1], strings.ToLower(route[0]), "responses", strconv.Itoa(got.Code))
			content, _ := at(answer, "content").(map[string]any)
			media, ok := content[kind]
			if !ok {
				t.Errorf("%s: %d %s is not described: %.200s", c.id, got.Code, kind, got.Body)
				return
			}
			if strings.HasSuffix(kind, "json") && at(media, "schema", "format") != "binary" {
				var v any
				if err := json.Unmarshal(got.Body.Bytes(), &v); err != nil {
					t.Errorf("%s: %v", c.id, err)
				} else if err := d.check(at(media, "schema"), v, c.id); err != nil {
					t.Errorf("%d %v", got.Code, err)
				}
			}
		}
		for _, c := range matrix() {
			verb := served[c.id][0]
			hold(c, w.call(w.ours.chief(), c, verb, w.ours))
			if c.needs != open {
				hold(c, w.call(actor{}, c, verb, w.ours))
				hold(c, w.call(w.ours.chief(), c, verb, nothing()))
			}
		}
	})
}

package postgres

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// words are the places where the two engines name one thing differently. Everything else in
// the store's queries is understood by both.
var words = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\bjson_array\(`), "json_build_array("},
	{regexp.MustCompile(`\bjson_each\((\?\d*)\)`), "json_array_elements_text($1::json)"},
	// Only the reader's time is saved there, and it drops what it gets.
	{regexp.MustCompile(`\bjson_remove\(([\w.]+), '\$\.\w+'\)`), "$1"},
	{regexp.MustCompile(`\bjson_extract\(([\w.]+), '\$\.(\w+)'\)`), "(convert_from($1, 'UTF8')::json->>'$2')"},
	{regexp.MustCompile(`\bCAST\(([\w.]+) AS TEXT\) LIKE\b`), "convert_from($1, 'UTF8') ILIKE"},
}

// rewriter puts queries into PostgreSQL's words and remembers how: there are few, and each is
// asked again and again.
func rewriter() func(string) string {
	var known sync.Map
	return func(q string) string {
		if v, ok := known.Load(q); ok {
			return v.(string)
		}
		out := q
		for _, w := range words {
			out = w.from.ReplaceAllString(out, w.to)
		}
		out = numbered(out)
		known.Store(q, out)
		return out
	}
}

// numbered writes ? and ?1 as $1; what stands in quotes stays.
func numbered(q string) string {
	var b strings.Builder
	next, quoted := 0, false
	for i := 0; i < len(q); i++ {
		c := q[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '?' || quoted {
			b.WriteByte(c)
			continue
		}
		end := i + 1
		for end < len(q) && q[end] >= '0' && q[end] <= '9' {
			end++
		}
		b.WriteByte('$')
		if end > i+1 {
			b.WriteString(q[i+1 : end])
		} else {
			next++
			b.WriteString(strconv.Itoa(next))
		}
		i = end - 1
	}
	return b.String()
}

// value puts an argument into a form that our columns take: truth is 0 or 1, and a text is
// UTF-8 without the zero byte, which PostgreSQL stores in no text. JSON bodies are bytes and
// pass as they are.
func value(arg any) any {
	switch v := arg.(type) {
	case nil, []byte, int, int64:
		return arg
	case string:
		return clean(v)
	case bool:
		return truth(v)
	}
	switch r := reflect.ValueOf(arg); r.Kind() {
	case reflect.String:
		return clean(r.String())
	case reflect.Bool:
		return truth(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(r.Uint())
	case reflect.Slice:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			return r.Bytes()
		}
	}
	return arg
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

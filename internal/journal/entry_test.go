package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
)

var noon = time.Date(2025, 9, 3, 12, 0, 0, 123456789, time.FixedZone("", 2*3600))

func appendOne(t *testing.T, d journal.Draft) (journal.Entry, error) {
	t.Helper()
	var out []journal.Entry
	err := new(journaltest.Memory).InTx(t.Context(), func(tx journal.Tx) (err error) {
		out, err = journal.Append(t.Context(), tx, []journal.Draft{d})
		return err
	})
	if err != nil {
		return journal.Entry{}, err
	}
	return out[0], nil
}

func TestEncodingIsFixed(t *testing.T) {
	t.Parallel()
	e, err := appendOne(t, journal.Draft{
		At: noon, Org: "org_1", Kind: journal.WarningIssued, Actor: "system", Subject: "a\"b\\\n\x7f<é\xff",
		Body: json.RawMessage(` {"z": 1.50, "a": {"y": [1, 2], "b": "<&>é"}} `),
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"v":1,"seq":0,"at":"2025-09-03T10:00:00.123456Z","org":"org_1","kind":"warning.issued","actor":"system",` +
		`"subject":"a\"b\\\u000a\u007f<é` + "\uFFFD" + `","prev":"0000000000000000000000000000000000000000000000000000000000000000",` +
		`"body":{"a":{"b":"<&>é","y":[1,2]},"z":1.50}}`
	if got := string(journal.Encode(e)); got != want {
		t.Errorf("Encode =\n%s\nwant\n%s", got, want)
	}
	back, err := journal.Decode([]byte(want))
	if err != nil || string(journal.Encode(back)) != want || !back.At.Equal(e.At) {
		t.Errorf("Decode = %+v, %v", back, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", journal.MaxField+1)
	for name, c := range map[string]struct {
		draft journal.Draft
		want  error
	}{
		"no time":       {journal.Draft{Kind: journal.Login}, fault.ErrInvalid},
		"no kind":       {journal.Draft{At: noon}, fault.ErrInvalid},
		"bad kind":      {journal.Draft{At: noon, Kind: "Login!"}, fault.ErrInvalid},
		"long subject":  {journal.Draft{At: noon, Kind: journal.Login, Subject: long}, fault.ErrTooLarge},
		"list as body":  {journal.Draft{At: noon, Kind: journal.Login, Body: []byte(`[1]`)}, fault.ErrInvalid},
		"null as body":  {journal.Draft{At: noon, Kind: journal.Login, Body: []byte(`null`)}, fault.ErrInvalid},
		"two bodies":    {journal.Draft{At: noon, Kind: journal.Login, Body: []byte(`{}{}`)}, fault.ErrInvalid},
		"large body":    {journal.Draft{At: noon, Kind: journal.Login, Body: []byte(`{"a":"` + strings.Repeat("x", journal.MaxBody) + `"}`)}, fault.ErrTooLarge},
		"deep body":     {journal.Draft{At: noon, Kind: journal.Login, Body: []byte(`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`)}, fault.ErrTooLarge},
		"year too late": {journal.Draft{At: noon.AddDate(9000, 0, 0), Kind: journal.Login}, fault.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := appendOne(t, c.draft); !errors.Is(err, c.want) {
				t.Errorf("Append = %v, want %v", err, c.want)
			}
		})
	}
}

func TestDecodeIsStrict(t *testing.T) {
	t.Parallel()
	e, err := appendOne(t, journal.Draft{At: noon, Kind: journal.Login, Body: []byte(`{"a":1,"b":2}`)})
	if err != nil {
		t.Fatal(err)
	}
	good := string(journal.Encode(e))
	for name, bad := range map[string]string{
		"space":         strings.Replace(good, `"seq":0`, `"seq": 0`, 1),
		"field order":   strings.Replace(good, `"org":"","kind":"login"`, `"kind":"login","org":""`, 1),
		"field missing": strings.Replace(good, `"org":"",`, ``, 1),
		"extra field":   strings.Replace(good, `"org":"",`, `"org":"","x":1,`, 1),
		"doubled field": strings.Replace(good, `"org":"",`, `"org":"","org":"",`, 1),
		"key case":      strings.Replace(good, `"org"`, `"Org"`, 1),
		"body order":    strings.Replace(good, `{"a":1,"b":2}`, `{"b":2,"a":1}`, 1),
		"doubled key":   strings.Replace(good, `{"a":1,"b":2}`, `{"a":1,"a":1,"b":2}`, 1),
		"version":       strings.Replace(good, `"v":1`, `"v":2`, 1),
		"negative":      strings.Replace(good, `"seq":0`, `"seq":-1`, 1),
		"zone":          strings.Replace(good, `Z"`, `+00:00"`, 1),
		"escape":        strings.Replace(good, `login`, `log\u0069n`, 1),
		"short prev":    strings.Replace(good, journal.Genesis, "00", 1),
		"trailing":      good + " ",
		"invalid UTF-8": strings.Replace(good, `"org":""`, "\"org\":\"\xff\"", 1),
		"empty":         "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bad == good {
				t.Fatal("the case changes nothing")
			}
			if _, err := journal.Decode([]byte(bad)); !errors.Is(err, fault.ErrInvalid) {
				t.Errorf("Decode(%s) = %v, want ErrInvalid", bad, err)
			}
		})
	}
}

// TestEncodeIsOneToOne guards the reason why a tampered row cannot hide: no repair.
func TestEncodeIsOneToOne(t *testing.T) {
	t.Parallel()
	a, b := journal.Entry{Org: "\xff"}, journal.Entry{Org: "\uFFFD"}
	if bytes.Equal(journal.Encode(a), journal.Encode(b)) {
		t.Error("an invalid byte and U+FFFD have the same encoding")
	}
	c := journal.Entry{Org: `x","kind":"y`}
	d := journal.Entry{Org: "x", Kind: "y"}
	if bytes.Equal(journal.Encode(c), journal.Encode(d)) {
		t.Error("a field can pose as another")
	}
}

func TestKindsAreListedOnce(t *testing.T) {
	t.Parallel()
	seen := map[journal.Kind]bool{}
	for _, k := range journal.Kinds() {
		if seen[k] {
			t.Errorf("%s comes twice", k)
		}
		seen[k] = true
		if _, err := appendOne(t, journal.Draft{At: noon, Kind: k}); err != nil {
			t.Error(err)
		}
	}
}

func TestCommit(t *testing.T) {
	t.Parallel()
	salt, err := journal.NewSalt(strings.NewReader(strings.Repeat("s", 32)))
	if err != nil {
		t.Fatal(err)
	}
	// SHA-256 of the label, 32 times "s", eight bytes of length and the value, as printf
	// and sha256sum compute it.
	const want = "sha256:3c83cf5dace1597401478ea64a8727c980836bcf81875f9aabbf4ed1aac6b923"
	if got := journal.Commit(salt, "+41 79 000 00 00"); got != want {
		t.Errorf("Commit = %s, want %s", got, want)
	}
	back, err := journal.ParseSalt(salt.String())
	if err != nil || back != salt {
		t.Errorf("ParseSalt(String) = %v, %v", back, err)
	}
	if _, err := journal.ParseSalt("00"); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("ParseSalt of a short salt = %v", err)
	}
	if _, err := journal.NewSalt(strings.NewReader("short")); err == nil {
		t.Error("NewSalt took a short read")
	}
	other := salt
	other[0]++
	if journal.Commit(other, "+41 79 000 00 00") == want {
		t.Error("the salt does not matter")
	}
}

func FuzzDecode(f *testing.F) {
	for _, d := range journaltest.Drafts(0, 3) {
		e := journal.Entry{At: d.At, Org: d.Org, Kind: d.Kind, Actor: d.Actor, Prev: journal.Genesis, Body: []byte(`{}`)}
		f.Add(journal.Encode(e))
	}
	f.Add([]byte(`{"v":1,"seq":0}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := journal.Decode(b)
		if err != nil {
			return
		}
		if got := journal.Encode(e); !bytes.Equal(got, b) {
			t.Errorf("Encode(Decode(b)) = %q, b = %q", got, b)
		}
	})
}

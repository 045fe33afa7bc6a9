package room

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

var at = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

func setter(t *testing.T) Setter {
	t.Helper()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	return NewSetter(book)
}

func TestCardSaysWhatTheMessageSays(t *testing.T) {
	t.Parallel()
	m := delivery.Message{
		Key: "ntf_1", Address: "ops", Purpose: response.Alarm, Level: level.Red, Language: "zh", Subject: "红色\r\n警报", Lines: []string{"甲", "", strings.Repeat("乙", 600)},
		Warning: warning.Warning{State: warning.Issued, Note: "not on the card"}, AnswerURL: "https://w.example/a", PageURL: "https://w.example/w",
		Buttons: []delivery.Button{{Said: delivery.SaidHaveIt, Label: "我来处理", URL: "https://w.example/a?say=have_it"}, {Said: delivery.SaidHelp, Label: "求助", URL: "javascript:alert(1)"}},
	}
	c := setter(t).Set(m)
	if c.Title != "红色 警报" || len(c.Lines) != 2 || len([]rune(c.Lines[1])) != 500 || !c.Active || c.Colour() != "#b00824" {
		t.Errorf("%+v", c)
	}
	if len(c.Buttons) != 3 || c.Buttons[0].Value != "ntf_1|have_it|zh|ops" || c.Buttons[1].URL != "" || c.Buttons[2].URL != "https://w.example/w" || c.Buttons[2].Said != "" {
		t.Errorf("%+v", c.Buttons)
	}
	md := c.Markdown(900, true)
	if len(md) > 900 || !strings.Contains(md, "](https://w.example/w)") || strings.Contains(md, "not on the card") {
		t.Errorf("%d bytes: %s", len(md), md)
	}
}

// TestMessageWithoutLines is one that words itself: a test, or from an older worder.
func TestMessageWithoutLines(t *testing.T) {
	t.Parallel()
	c := setter(t).Set(delivery.Message{
		Purpose: response.Test, Subject: "Test", Text: "This is a test.\n\nhttps://w.example/x\n", AnswerURL: "https://w.example/a", Language: "en", Level: level.Red,
	})
	if c.Active || c.Colour() != "#7a7f84" || len(c.Lines) != 1 || len(c.Buttons) != 1 || c.Buttons[0].Label != "Answer" {
		t.Errorf("%+v", c)
	}
}

func TestPressGoesThereAndBack(t *testing.T) {
	t.Parallel()
	p := Press{"ntf_1", delivery.SaidCannot, "zh", "ops.night-1"}
	got, ok := ReadPress(p.String())
	if !ok || got != p {
		t.Errorf("%+v %t", got, ok)
	}
	if r := got.Reply("r1", "U1\r\n", at); r.From != "ops.night-1" || r.Notification != "ntf_1" || r.Said != delivery.SaidCannot || r.Text != "U1" {
		t.Errorf("%+v", r)
	}
	for _, bad := range []string{"", "a", "a|b|c|d", "ntf_1|leave|en|ops", "ntf_1|have_it|en|o|ps", "ntf 1|have_it|en|ops", "|have_it|en|ops", strings.Repeat("a", 900) + "|have_it|en|ops"} {
		if got, ok := ReadPress(bad); ok {
			t.Errorf("%.40q: %+v", bad, got)
		}
	}
	if (Press{"ntf|1", delivery.SaidHaveIt, "en", "ops"}).String() != "" {
		t.Error("a key that would be split is written")
	}
}

func FuzzReadPress(f *testing.F) {
	f.Add("ntf_1|have_it|en|ops")
	f.Fuzz(func(t *testing.T, text string) {
		if p, ok := ReadPress(text); ok && p.String() != text {
			t.Errorf("%q is read as %+v", text, p)
		}
	})
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://w.example/a?b=c&d=%20", "http://127.0.0.1:8080/w"} {
		if Link(good) != good {
			t.Errorf("%q is no link", good)
		}
	}
	for _, bad := range []string{"", "javascript:alert(1)", "//w.example", "https://u:p@w.example/", "https://w.example/)x", "https://w.example/\n", "https://w.example/a b", "https://w.example/" + strings.Repeat("x", 3000)} {
		if Link(bad) != "" {
			t.Errorf("%.40q is a link", bad)
		}
	}
}

func TestSealedTextIsOpened(t *testing.T) {
	t.Parallel()
	key, iv := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("i", 16))
	for _, size := range []int{16, 32} {
		for n := range 70 {
			text := strings.Repeat("x", n)
			sealed, err := Seal(key, iv, []byte(text), size)
			if err != nil || len(sealed)%size != 0 {
				t.Fatal(err)
			}
			if got, err := Unseal(key, iv, sealed); err != nil || string(got) != text {
				t.Fatalf("%d: %q %v", n, got, err)
			}
		}
	}
	for _, bad := range [][]byte{nil, []byte("short"), make([]byte, 17)} {
		if _, err := Unseal(key, iv, bad); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, err := Seal(key[:5], iv, nil, 32); !errors.Is(err, fault.ErrInvalid) {
		t.Error(err)
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	for stamp, want := range map[string]bool{
		"1791345962": true, "1791345663": true, "1791345661": false, "1791346263": false, "": false, "-1": false, "1e9": false, "9223372036854775807": false,
	} {
		if got := Fresh(stamp, at, 5*time.Minute); got != want {
			t.Errorf("%q: %t", stamp, got)
		}
	}
}

// TestTokenIsAskedForOnce: many ask at once, one goes; near its end it is renewed.
func TestTokenIsAskedForOnce(t *testing.T) {
	t.Parallel()
	var token Token
	asked := 0
	ask := func() (string, time.Duration, error) { asked++; return "t", 2 * time.Hour, nil }
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if v, err := token.Get(at, ask); v != "t" || err != nil {
				t.Errorf("%q %v", v, err)
			}
		})
	}
	all.Wait()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	token.Drop("another")
	_, _ = token.Get(at.Add(time.Hour), ask)
	if asked != 1 {
		t.Error("asked again for nothing")
	}
	_, _ = token.Get(at.Add(time.Hour+56*time.Minute), ask)
	token.Drop("t")
	_, _ = token.Get(at.Add(2*time.Hour), ask)
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

func TestSecretsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Secret{
		"none": nil, "empty": func() (string, error) { return " ", nil }, "unset": func() (string, error) { return "", fault.ErrInvalid },
	} {
		if _, err := Read(s, "token of x"); delivery.KindOf(err) != delivery.Misset || !strings.Contains(err.Error(), "token of x") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := At(map[string]int{"ops": 1, "sea": 2}, "moon"); delivery.KindOf(err) != delivery.Dead || !strings.Contains(err.Error(), "ops, sea") {
		t.Error(err)
	}
}

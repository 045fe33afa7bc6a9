package web_test

import (
	"net/http"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/phrase"
)

// TestPreviewShowsEveryForm: the page holds the SMS with its count in all nine languages, and
// the mail stands in a frame without any right.
func TestPreviewShowsEveryForm(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	for _, path := range []string{
		"/wording", "/wording?hazard=flood&level=yellow&language=ar&purpose=escalation&channel=slack", "/wording?tlp=RED&language=ru", "/wording?purpose=digest&language=id", "/wording?purpose=test&language=fr",
		"/wording?warning=wrn_00&language=sw",
	} {
		w := ask(h, as(desk.Analyst), path, nil)
		if w.Code != http.StatusOK || strings.ContainsAny(w.Body.String(), "⟦⟧") {
			t.Fatalf("%s: %d\n%.300s", path, w.Code, w.Body)
		}
		page := parse(t, w.Body.String())
		if n := len(find(page, "div", "class", "handset")); n != 1+len(phrase.MessageLanguages()) {
			t.Errorf("%s: %d telephones", path, n)
		}
		if text := words(page); strings.Count(text, "1 segment ") != 1+len(phrase.MessageLanguages()) {
			t.Errorf("%s: not every SMS is one segment: %s", path, text)
		}
		frames := find(page, "iframe", "", "")
		if strings.Contains(path, "purpose=test") != (len(frames) == 0) {
			t.Errorf("%s: %d frames", path, len(frames))
		}
		if len(frames) == 0 {
			continue
		}
		if attr(frames[0], "sandbox") != "" || len(find(page, "iframe", "sandbox", "")) != 1 {
			t.Errorf("%s: the frame may do %q", path, attr(frames[0], "sandbox"))
		}
		mail := ask(h, as(desk.Analyst), attr(frames[0], "src"), nil)
		if mail.Code != http.StatusOK || !strings.Contains(mail.Header().Get("Content-Security-Policy"), "sandbox") || !strings.Contains(mail.Body.String(), "<!doctype html>") {
			t.Errorf("%s: mail %d %v", path, mail.Code, mail.Header())
		}
	}
}

// TestPreviewIsForAnalystsAndRefusesNonsense.
func TestPreviewIsForAnalystsAndRefusesNonsense(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	for path, want := range map[string]int{
		"/wording?hazard=dragons": 422, "/wording?level=green": 422, "/wording?level=pink": 422, "/wording?language=tlh": 422, "/wording?tlp=BLUE": 422, "/wording?purpose=fun": 422, "/wording?warning=nowhere": 404,
	} {
		if w := ask(h, as(desk.Administrator), path, nil); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	for _, path := range []string{"/wording", "/wording/mail"} {
		if w := ask(h, as(desk.Reader), path, nil); w.Code != http.StatusForbidden {
			t.Errorf("a reader at %s: %d", path, w.Code)
		}
	}
}

// TestReceiversPagesSpeakTheirLanguage: in the direction of the script, with all the others
// to choose from; the button of a message is shown first and nothing is answered by opening.
func TestReceiversPagesSpeakTheirLanguage(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	for _, lang := range phrase.MessageLanguages() {
		for _, path := range []string{"/a/tap-" + lang + "-wrn_00", "/leave/left?lang=" + lang, "/a/old?lang=" + lang} {
			w := ask(h, nil, path, nil)
			page := parse(t, w.Body.String())
			html := find(page, "html", "", "")[0]
			dir := "ltr"
			if lang == "ar" {
				dir = "rtl"
			}
			if attr(html, "lang") != lang || attr(html, "dir") != dir || strings.ContainsAny(w.Body.String(), "⟦⟧") {
				t.Errorf("%s: lang %q dir %q\n%.200s", path, attr(html, "lang"), attr(html, "dir"), w.Body)
			}
			if n := len(find(page, "a", "hreflang", "")); n != len(phrase.MessageLanguages()) {
				t.Errorf("%s: %d languages to choose from", path, n)
			}
		}
	}
	before := len(d.Calls())
	page := parse(t, ask(h, nil, "/a/tap-wrn_00?answer=need_help", nil).Body.String())
	buttons := find(page, "button", "name", "kind")
	if len(buttons) != 3 || attr(buttons[0], "value") != "need_help" || len(d.Calls()) != before {
		t.Errorf("%d buttons, first %q", len(buttons), attr(buttons[0], "value"))
	}
}

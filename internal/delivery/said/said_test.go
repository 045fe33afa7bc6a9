package said

import (
	"strings"
	"testing"
	"unicode/utf8"

	"watchfire.dev/internal/delivery"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for want, texts := range map[delivery.Said][]string{
		delivery.SaidHaveIt: {
			"1", " 1 ", "1.", "(1)", "１", "١", "۱", "१", "1️⃣", "OK", "Got it!", "\r\n\r\n1\r\n\r\nSent from my phone", "收到", "收到。", "Reçu", "RECU", "d’accord",
			"Sí", "si", "Принято!", "نَعَم", "nimepokea", "ＯＫ", "Siap",
		},
		delivery.SaidHelp:   {"2", "２", "٢", "Help", "SOS", "救命！", "à l'aide", "¡Ayuda!", "помогите", "أحتاج مساعدة", "النجدة", "msaada", "tolong"},
		delivery.SaidCannot: {"3", "٣", "Can't", "CANNOT", "can not", "不能", "je ne peux pas", "No puedo", "não posso", "nao posso", "не могу", "لا أستطيع", "لا استطيع", "siwezi", "tidak bisa"},
		delivery.SaidSafe:   {"SAFE", "safe", "I'm safe.", "我安全", "En sécurité", "a salvo", "estou bem", "в безопасности", "آمن", "امن", "salama", "aman", "ＳＡＦＥ"},
		delivery.SaidLeave:  {"STOP", "Stop.", "STOPALL", "退订", "TD", "arrêt", "baja", "sair", "стоп", "توقف", "acha", "berhenti"},
		delivery.SaidOther: {
			"", " ", "1 person is missing", "12", "1 2", "not safe", "2 dead, 3 injured", "4", "I did not get it", "don't stop", "stop the train", "\xff\xfe", "0",
			"on my way\n1", strings.Repeat("1", 100_000),
		},
	} {
		for _, text := range texts {
			if got := Of(text); got != want {
				t.Errorf("%.40q: %s, want %s", text, got, want)
			}
		}
	}
}

func TestWordsMeanOneThing(t *testing.T) {
	t.Parallel()
	seen := map[string]delivery.Said{}
	for meaning, list := range words {
		for word := range strings.SplitSeq(list, ",") {
			key := fold(word)
			if other, ok := seen[key]; ok && other != meaning || key == "" {
				t.Errorf("%q means %s and %s", word, other, meaning)
			}
			seen[key] = meaning
		}
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	const key = "ntf_0123456789abcdefghjkmnpqrs"
	for _, c := range []struct {
		key, want string
		most      int
	}{{key, key, 64}, {key, "", 20}, {"", "", 64}, {"a b", "", 64}, {"é", "", 64}} {
		m := Mark(delivery.SaidHelp, c.key, c.most)
		if s, n := Unmark(m); s != delivery.SaidHelp || n != c.want || len(m) > c.most {
			t.Errorf("%q within %d: %q reads as %s %q", c.key, c.most, m, s, n)
		}
	}
	for _, odd := range []string{"", "other x", "need_helpx", "\x00"} {
		if s, n := Unmark(odd); s != delivery.SaidOther || n != "" {
			t.Errorf("%q: %s %q", odd, s, n)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("1")
	f.Add("\u202e1")
	f.Fuzz(func(t *testing.T, text string) {
		Of(text)
		kept := Text(text)
		if utf8.RuneCountInString(kept) > 500 || !utf8.ValidString(kept) || strings.ContainsAny(kept, "\x00\r\u202e") {
			t.Fatalf("%q is kept as %q", text, kept)
		}
		Unmark(text)
	})
}

// Package said reads what people send back in few words: a digit, or a common word of the
// nine languages, in any script's digits, with any case, accent, blank or punctuation around
// it. It promises to take only a whole line for an answer: "1 person is missing" must not
// acknowledge a warning. It decides nothing; what it does not know is SaidOther.
package said

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"watchfire.dev/internal/delivery"
)

// maxText bounds a reply as it is kept, in runes.
const maxText = 500

// words lists what people write in place of a digit: English, Chinese, French, Spanish,
// Portuguese, Russian, Arabic, Swahili, Indonesian.
var words = map[delivery.Said]string{
	delivery.SaidHaveIt: `1, ok, okay, yes, ack, acknowledged, acknowledge, received, got it, i have it, have it, on it, roger, copy, understood,
		收到, 已收到, 知道了, 明白, 好的, 确认, 我来处理, 是,
		reçu, bien reçu, oui, d'accord, compris, je m'en occupe,
		recibido, sí, enterado, entendido, de acuerdo, vale,
		recebido, sim, ciente, de acordo,
		принято, принял, приняла, получено, понял, поняла, да, ок,
		نعم, تم, تم الاستلام, استلمت, موافق, حاضر,
		nimepokea, imepokelewa, ndiyo, ndio, sawa, nimeelewa,
		diterima, ya, oke, siap, mengerti`,
	delivery.SaidHelp: `2, help, need help, i need help, help me, sos, mayday,
		求助, 需要帮助, 我需要帮助, 帮助, 救命, 需要支援,
		aide, à l'aide, besoin d'aide, j'ai besoin d'aide, au secours, secours,
		ayuda, necesito ayuda, socorro, auxilio,
		ajuda, preciso de ajuda,
		помощь, помогите, нужна помощь, мне нужна помощь,
		مساعدة, أحتاج مساعدة, أحتاج إلى مساعدة, ساعدوني, النجدة, نجدة,
		msaada, nahitaji msaada, nisaidie, saidia,
		tolong, bantuan, butuh bantuan, perlu bantuan, saya butuh bantuan`,
	delivery.SaidCannot: `3, cannot, can not, can't, i cannot, i can't, unable, no, unavailable, not available,
		不能, 我不能, 无法, 不行, 没空, 处理不了, 无法处理,
		impossible, je ne peux pas, peux pas, indisponible, non,
		no puedo, imposible, no disponible,
		não posso, impossível, indisponível, não,
		не могу, невозможно, нет,
		لا أستطيع, لا يمكنني, لا أقدر, لا,
		siwezi, haiwezekani, hapana,
		tidak bisa, tidak dapat, saya tidak bisa, tidak`,
	delivery.SaidSafe: `safe, i am safe, i'm safe, im safe, we are safe, all safe,
		安全, 我安全, 我很安全, 平安, 我平安, 我没事,
		en sécurité, je suis en sécurité, sain et sauf, saine et sauve,
		a salvo, estoy a salvo, estoy bien, estamos a salvo,
		estou a salvo, estou bem, em segurança, estou em segurança,
		в безопасности, я в безопасности, безопасно, цел, цела,
		آمن, آمنة, أنا آمن, أنا بخير, بأمان, أنا بأمان,
		salama, niko salama, tuko salama,
		aman, saya aman, saya selamat, kami aman`,
	delivery.SaidLeave: `stop, stop all, stopall, unsubscribe, opt out, optout,
		停止, 退订, 取消订阅, td,
		arrêt, arrêter, désabonner,
		alto, baja, cancelar suscripción, detener,
		parar, pare, sair,
		стоп, отписаться, отписка,
		توقف, إيقاف, أوقف, قف,
		acha, sitisha, komesha,
		berhenti, hentikan`,
}

// table is words in the form that fold gives.
var table = sync.OnceValue(func() map[string]delivery.Said {
	out := map[string]delivery.Said{}
	for meaning, list := range words {
		for word := range strings.SplitSeq(list, ",") {
			out[fold(word)] = meaning
		}
	}
	return out
})

// Of tells what a reply means. Its first line that is not empty counts, as a whole.
func Of(text string) delivery.Said {
	for line := range strings.Lines(Text(text)) {
		if key := fold(line); key != "" {
			if s, ok := table()[key]; ok {
				return s
			}
			return delivery.SaidOther
		}
	}
	return delivery.SaidOther
}

// Text is a reply as it is kept: valid UTF-8 without control characters but line ends,
// without marks that turn the reading order, at most 500 characters.
func Text(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\r\n", "\n"), "\r", "\n")
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text))
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText-1]) + "…"
	}
	return text
}

// fold brings a line to lower-case letters and ASCII digits with single blanks between words:
// full-width and other scripts' digits become ASCII, accents and vowel marks go.
func fold(line string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(line) {
		switch {
		case unicode.Is(unicode.M, r) || unicode.Is(unicode.Cf, r) || r == '\u0640': // marks, joiners, tatweel
			continue
		case r == '\'' || r == '’' || r == 'ʼ': // "can't" is one word
			continue
		case unicode.IsDigit(r):
			r = '0' + digit(r)
		case unicode.IsLetter(r):
			r = unicode.ToLower(r)
		default:
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// digit is the value of a decimal digit of any script: Unicode keeps them in runs of ten
// that begin with zero.
func digit(r rune) rune {
	for _, x := range unicode.Nd.R16 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10
		}
	}
	for _, x := range unicode.Nd.R32 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10
		}
	}
	return 0
}

// Mark writes an answer and the notification that it answers into the few bytes that a
// chat's button can carry. Unmark reads it; a mark longer than most bytes leaves the
// notification out, and the chat's own id of the message must do.
func Mark(s delivery.Said, notification string, most int) string {
	if m := string(s) + " " + notification; len(m) <= most && !strings.ContainsFunc(notification, unfit) {
		return m
	}
	return string(s)
}

// Unmark reads what Mark wrote; SaidOther for anything else.
func Unmark(mark string) (s delivery.Said, notification string) {
	name, notification, _ := strings.Cut(mark, " ")
	switch s := delivery.Said(name); s {
	case delivery.SaidHaveIt, delivery.SaidHelp, delivery.SaidCannot, delivery.SaidSafe, delivery.SaidLeave:
		if len(notification) > 200 || strings.ContainsFunc(notification, unfit) {
			notification = ""
		}
		return s, notification
	}
	return delivery.SaidOther, ""
}

func unfit(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }

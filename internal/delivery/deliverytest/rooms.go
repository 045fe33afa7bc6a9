package deliverytest

import (
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Setter sets cards with the words of the catalogues.
func Setter(t *testing.T) room.Setter {
	t.Helper()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	return room.NewSetter(book)
}

// Secret is a secret that is known.
func Secret(value string) room.Secret { return func() (string, error) { return value, nil } }

// Chat is Message as a room gets it: with lines, and an answer behind each button.
func Chat(address, key string) delivery.Message {
	m := Message(address, key)
	m.Lines = []string{"Stop work. Drop, cover, hold on. <@all> *now* [here](x)", "31 km from Camp 2, felt as VII"}
	for _, b := range []delivery.Button{{Said: delivery.SaidHaveIt, Label: "I have it"}, {Said: delivery.SaidHelp, Label: "We need help"}, {Said: delivery.SaidCannot, Label: "I cannot act"}} {
		b.URL = m.AnswerURL + "?say=" + string(b.Said)
		m.Buttons = append(m.Buttons, b)
	}
	return m
}

// Over is the all-clear to Chat.
func Over(address, key, parent string) delivery.Message {
	m := Chat(address, key)
	m.Purpose, m.First, m.Parent, m.Buttons, m.AnswerURL = response.AllClear, false, parent, nil, ""
	m.Warning.State, m.Subject = warning.Ended, "ALL CLEAR: Earthquake · Quetta Rail, lot 3"
	return m
}

// Trial is a test message.
func Trial(address string) delivery.Message {
	return delivery.Message{
		Key: "tst_1", Org: "org_1", Address: address, Purpose: response.Test, Contact: portfolio.Contact{ID: "con_1", Name: "Ops"},
		Subject: "Test from Watchfire, nothing happened", Text: "This is a test.\n", Language: "en", First: true,
		At: time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC),
	}
}

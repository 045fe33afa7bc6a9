package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// later: a provider of text messages accepts each message and says afterwards what became of
// it, in any order and doubled.
var later = row{n: 19, name: "accepted, fails later", must: "the right end state, next channel, 1,000 orders", play: playLater}

// smsThenHook are a contact with a telephone, and one who is next, with a webhook.
const smsThenHook = "contact,p%[1]d,c%[1]d,Contact %[1]d,,UTC,,,,,1,en,sms:+2547000%05[1]d\n" +
	"contact,p%[1]d,d%[1]d,Deputy %[1]d,,UTC,,,,,2,en,webhook:%[2]s/p%[1]d\n"

const smsSecret = "chaos-callback-secret"

func playLater(l *lab) error {
	n := 1000
	var mu sync.Mutex
	got := map[string]string{} // number -> id of the message
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct{ To, Ref string }
		if raw, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(raw, &m) != nil {
			http.Error(w, "what?", http.StatusBadRequest)
			return
		}
		mu.Lock()
		id := "m" + m.To[1:]
		got[m.To] = id
		mu.Unlock()
		fmt.Fprintf(w, `{"id": %q}`, id)
	}))
	l.undo = append(l.undo, gateway.Close)
	l.got = newReceiver()
	extra := fmt.Sprintf(`escalate_after: {red: 1h}
limits: {channels: {sms: {rate: none, budget: none, recipient: none}}}
channels:
  sms:
    gateway:
      url: %s/send
      header: {Content-Type: application/json}
      body: '{"to": "{{.To}}", "text": "{{.Text}}", "ref": "{{.Key}}"}'
      id_path: id
      callback:
        secret: env:CHAOS_CALLBACK
        header: X-Secret
        id: id
        status: status
        states: {DELIVRD: delivered, UNDELIV: failed, ENROUTE: queued}
`, gateway.URL)
	if err := l.install(l.portfolio(n, smsThenHook), extra, ""); err != nil {
		return err
	}
	l.desk.Env = []string{"CHAOS_CALLBACK=" + smsSecret}
	if err := l.open1(); err != nil {
		return err
	}
	for i := range n {
		if err := l.red(i); err != nil {
			return err
		}
	}
	sent := func() int { mu.Lock(); defer mu.Unlock(); return len(got) }
	if err := until(120*time.Second, func() string { return fmt.Sprintf("%d of %d messages came", sent(), n) }, func() bool { return sent() >= n }); err != nil {
		return err
	}
	fails := map[int]bool{}
	for i := range n {
		order, failed := l.order()
		fails[i] = failed
		for _, status := range order {
			if err := l.callBack(fmt.Sprintf("m2547000%05d", i), status); err != nil {
				return err
			}
		}
	}
	expect := 0
	for i, f := range fails {
		if f {
			expect++
			continue
		}
		l.yes[keyOf(i)] = "" // whom the text message reached need not hear over the webhook
	}
	if err := until(60*time.Second, func() string { return "the next contact was not told for each that failed" }, func() bool {
		for i, f := range fails {
			if f && l.got.at(pathOf(i)).IsZero() {
				return false
			}
		}
		return true
	}); err != nil {
		return err
	}
	l.note("%d orders, %d failed at the end, %d heard of it as the next", n, expect, l.got.count())
	if l.got.count() == n {
		return fmt.Errorf("everybody heard of it as the next: the fault was not played")
	}
	if err := l.judge(); err != nil {
		return err
	}
	return l.endStates(fails)
}

// order is what a provider says of one message, as a chance order with repeats; failed tells
// what is true of it at the end: a message that was delivered is delivered, whatever else
// comes late.
func (l *lab) order() (list []string, failed bool) {
	end := "DELIVRD"
	if l.chance.IntN(3) == 0 {
		end, failed = "UNDELIV", true
	}
	list = []string{"ENROUTE", end}
	for range l.chance.IntN(3) {
		list = append(list, list[l.chance.IntN(2)])
	}
	if !failed && l.chance.IntN(4) == 0 {
		list = append(list, "UNDELIV") // said in error, before or after
	}
	l.chance.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, failed
}

func (l *lab) callBack(id, status string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	body := fmt.Sprintf(`{"id": %q, "status": %q}`, id, status)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.desk.Base+"/hooks/channel/sms", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	req.Header.Set("X-Secret", smsSecret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		raw, _ := io.ReadAll(resp.Body) //nolint:errcheck // the status says it
		return fmt.Errorf("callback: %s: %s", resp.Status, raw)
	}
	return nil
}

// endStates holds each text message against what is true of it.
func (l *lab) endStates(fails map[int]bool) error {
	db, err := l.open(context.Background())
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	wrong := 0
	err = each(context.Background(), db, "SELECT address, state FROM notification WHERE channel = 'sms'", func(scan func(...any) error) error {
		var address, state string
		if err := scan(&address, &state); err != nil {
			return err
		}
		var i int
		if _, err := fmt.Sscanf(address, "+2547000%05d", &i); err != nil {
			return err
		}
		want := "delivered"
		if fails[i] {
			want = "failed"
		}
		if state != want {
			wrong++
			if wrong < 5 {
				l.note("message %d is %s, not %s", i, state, want)
			}
		}
		return nil
	})
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%d of %d end states are wrong", wrong, len(fails))
	}
	return err
}

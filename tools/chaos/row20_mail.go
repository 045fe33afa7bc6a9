package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// greylist: a mail server says 451 at first, as it does to strangers, and takes the mail when
// it is tried again.
var greylist = row{n: 20, name: "SMTP 451 greylist", must: "mail within 15 min; red over the next channel within 30 s", play: playGreylist}

// mailServer is as much of RFC 5321 as a sender needs.
type mailServer struct {
	listener net.Listener
	until    time.Time
	mu       sync.Mutex
	refused  int
	taken    map[string]time.Time // by recipient
}

func newMailServer(until time.Time) (*mailServer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailServer{listener: ln, until: until, taken: map[string]time.Time{}}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go m.talk(c)
		}
	}()
	return m, nil
}

func (m *mailServer) talk(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(s string) bool { _, err := fmt.Fprintf(c, "%s\r\n", s); return err == nil }
	to, data := "", false
	for ok := say("220 lab ESMTP"); ok; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case data && line == ".":
			data = false
			m.take(to)
			ok = say("250 taken")
		case data:
		case verb == "EHLO" || verb == "HELO":
			ok = say("250 lab")
		case verb == "RCPT" && m.refuse():
			ok = say("451 4.7.1 greylisted, try again later")
		case verb == "RCPT":
			to = strings.Trim(line[strings.IndexByte(line, ':')+1:], "<> ")
			ok = say("250 ok")
		case verb == "DATA":
			data = true
			ok = say("354 go on")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			ok = say("250 ok")
		}
	}
}

func (m *mailServer) refuse() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Now().After(m.until) {
		return false
	}
	m.refused++
	return true
}

func (m *mailServer) take(to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.taken[to].IsZero() {
		m.taken[to] = time.Now()
	}
}

func (m *mailServer) seen() (refused int, taken map[string]time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken = map[string]time.Time{}
	for k, v := range m.taken {
		taken[k] = v
	}
	return m.refused, taken
}

func playGreylist(l *lab) error {
	m, err := newMailServer(time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	l.undo = append(l.undo, func() { m.listener.Close() })
	host, port, err := net.SplitHostPort(m.listener.Addr().String())
	if err != nil {
		return err
	}
	l.got = newReceiver()
	const mailThenHook = "contact,p%[1]d,c%[1]d,Contact %[1]d,,UTC,,,,,1,en,email:c%[1]d@example.org; webhook:%[2]s/p%[1]d\n"
	if err := l.install(l.portfolio(3, mailThenHook), fmt.Sprintf("mail: {host: %s, port: %s, tls: none}\n", host, port), ""); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	from := takeMark()
	began := from.at
	m.mu.Lock()
	m.until = began.Add(33 * time.Second)
	m.mu.Unlock()
	for i := range 3 { // two reds and one that is none
		if err := l.push(i); err != nil {
			return err
		}
	}
	l.yes[keyOf(2)] = "" // below red nobody else is asked
	if err := l.waitPaths(2, "p", 40*time.Second); err != nil {
		return err
	}
	worst := time.Duration(0)
	for i := range 2 {
		worst = max(worst, l.got.at(pathOf(i)).Sub(began))
	}
	var taken map[string]time.Time
	refused := 0
	if err := until(6*time.Minute, func() string { return fmt.Sprintf("mails that came: %v", taken) }, func() bool {
		refused, taken = m.seen()
		return len(taken) == 3
	}); err != nil {
		return err
	}
	last := time.Duration(0)
	for _, at := range taken {
		last = max(last, at.Sub(began))
	}
	l.note("refused %d times; reds over the next channel after %.1f s, all mails after %.0f s", refused, worst.Seconds(), last.Seconds())
	if l.late(worst, handOver, from) || last > 15*time.Minute || refused == 0 {
		return fmt.Errorf("too late, or nothing was refused")
	}
	return l.judge()
}

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"
)

// huge: answers that are too large, plain and packed. slow: servers that answer never, in
// circles, or with a certificate that nobody signed. Others must not feel it.
var (
	huge = row{n: 14, name: "1 GB plain, 1 GB in 1 MB of gzip", must: "at most 64 MB of memory more", play: playHuge}
	slow = row{n: 15, name: "slow-loris, redirects in circles, bad TLS", must: "other polls late by less than 1 s, no downgrade", play: playSlow}
)

// bomb is a gigabyte of zeros in about a megabyte: members of gzip one after the other.
func bomb() ([]byte, error) {
	var one bytes.Buffer
	w, err := gzip.NewWriterLevel(&one, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(make([]byte, 16<<20)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return bytes.Repeat(one.Bytes(), 64), nil
}

func playHuge(l *lab) error {
	packed, err := bomb()
	if err != nil {
		return err
	}
	f := l.newFeeds()
	f.set("/good", fresh(0))
	sources := definition("good", "usgs", f.URL+"/good", time.Hour) + definition("plain", "usgs", f.URL+"/plain", time.Hour) +
		definition("packed", "cap", f.URL+"/packed", time.Hour)
	f.set("/plain", fresh(1))
	f.set("/packed", fixed("<a/>"))
	l.got = newReceiver()
	if err := l.install(l.portfolio(3), "", sources); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	if err := l.wait(2, 60*time.Second); err != nil {
		return err
	}
	before, err := l.desk.ResidentMB()
	if err != nil {
		return err
	}
	f.set("/plain", func(w http.ResponseWriter, _ *http.Request) {
		zeros := make([]byte, 1<<20)
		for range 1024 {
			if _, err := w.Write(zeros); err != nil {
				return
			}
		}
	})
	f.set("/packed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed) //nolint:errcheck // it is refused on the way
	})
	if err := until(60*time.Second, text("no reason is given"), func() bool {
		s, err := l.sources()
		return err == nil && s["plain"].LastError != "" && s["packed"].LastError != ""
	}); err != nil {
		return err
	}
	<-time.After(5 * time.Second)
	after, err := l.desk.ResidentMB()
	if err != nil {
		return err
	}
	l.note("peak %.0f MB before, %.0f MB after", before, after)
	if after-before > 64 {
		return fmt.Errorf("%.0f MB more", after-before)
	}
	if err := l.push(2); err != nil {
		return err
	}
	if err := l.wait(3, 30*time.Second); err != nil {
		return err
	}
	return l.judge()
}

func playSlow(l *lab) error {
	f := l.newFeeds()
	stop := make(chan struct{})
	l.undo = append(l.undo, func() { close(stop) })
	drip := func(w http.ResponseWriter, r *http.Request) { // a byte a second
		for {
			if _, err := w.Write([]byte("<")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				return
			case <-stop:
				return
			}
		}
	}
	f.set("/good", fresh(0))
	for i := range 6 {
		f.set(fmt.Sprintf("/drip%d", i), drip)
	}
	f.set("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	unsigned := httptest.NewUnstartedServer(http.HandlerFunc(fresh(1)))
	unsigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	unsigned.StartTLS()
	plain, err := plainOnly()
	if err != nil {
		return err
	}
	l.undo = append(l.undo, unsigned.Close, func() { plain.Close() })
	sources := definition("good", "usgs", f.URL+"/good", time.Hour)
	bad := definition("circle", "usgs", f.URL+"/circle", time.Hour) + definition("unsigned", "usgs", unsigned.URL+"/x", time.Hour) +
		definition("plain", "usgs", "https://"+plain.Addr().String()+"/x", time.Hour)
	ids := []string{"circle", "unsigned", "plain"}
	for i := range 6 {
		id := fmt.Sprintf("drip%d", i)
		bad += definition(id, "usgs", f.URL+"/"+id, time.Hour)
		ids = append(ids, id)
	}
	l.got = newReceiver()
	if err := l.install(l.portfolio(2), "", sources); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	const span = 16 * time.Second // twice that is longer than a poll may take in all
	calm, err := l.gapOf(f, span)
	if err != nil {
		return err
	}
	l.desk.Stop()
	if err := os.WriteFile(l.desk.File("sources.yaml"), []byte(l.desk.Sources+bad), 0o600); err != nil {
		return err
	}
	if err := l.start(); err != nil {
		return err
	}
	began := takeMark()
	worst, err := l.gapOf(f, 2*span)
	if err != nil {
		return err
	}
	l.note("longest wait between two polls of a good source: %.1f s before, %.1f s beside %d bad ones", calm.Seconds(), worst.Seconds(), len(ids))
	if err := until(60*time.Second, text("no reason is given"), func() bool {
		s, err := l.sources()
		for _, id := range ids {
			if err != nil || s[id].LastError == "" {
				return false
			}
		}
		return true
	}); err != nil {
		return err
	}
	if late := worst - calm; l.late(late, time.Second, began) {
		return fmt.Errorf("polls of the good source are late by %s", late)
	}
	if err := l.push(1); err != nil {
		return err
	}
	if err := l.wait(2, 30*time.Second); err != nil {
		return err
	}
	return l.judge()
}

// gapOf is the longest wait between two polls of the good source within a span.
func (l *lab) gapOf(f *feeds, span time.Duration) (time.Duration, error) {
	n := len(f.polls("/good"))
	if err := until(30*time.Second, text("the good source is not polled"), func() bool { return len(f.polls("/good")) > n+1 }); err != nil {
		return 0, err
	}
	from := time.Now()
	<-time.After(span)
	return f.gap("/good", from, time.Now()), nil
}

// plainOnly is a server that speaks HTTP where TLS is wanted: nobody may go on without.
func plainOnly() (net.Listener, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go http.Serve(ln, http.HandlerFunc(fresh(1))) //nolint:errcheck // it ends with its listener
	return ln, nil
}

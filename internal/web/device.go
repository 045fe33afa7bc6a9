package web

import (
	"context"
	"fmt"
	"net/http"

	"watchfire.dev/internal/desk"
)

// devices are the contact's addresses of web push; none where the desk has no such channel.
func (s *server) devices(ctx context.Context, v *View, contact string) ([]desk.DeviceRow, error) {
	if s.Devices == nil || s.PushKey == "" {
		return nil, nil
	}
	return s.Devices.Devices(ctx, v.Who, contact)
}

// subscribe takes what the browser of this device gave the page's script.
func (s *server) subscribe(w http.ResponseWriter, r *http.Request, v *View) error {
	if s.Devices == nil {
		return errNoPage
	}
	id := r.PathValue("id")
	if err := s.Devices.SubscribeDevice(r.Context(), v.Who, id, r.FormValue("name"), r.FormValue("subscription")); err != nil {
		return fmt.Errorf("subscribe a device: %w", err)
	}
	return seeOther(w, r, "/contacts/"+id, "subscribed")
}

func (s *server) unsubscribe(w http.ResponseWriter, r *http.Request, v *View) error {
	if s.Devices == nil {
		return errNoPage
	}
	id := r.PathValue("id")
	if err := s.Devices.RemoveDevice(r.Context(), v.Who, id, r.FormValue("name")); err != nil {
		return fmt.Errorf("remove a device: %w", err)
	}
	return seeOther(w, r, "/contacts/"+id, "unsubscribed")
}

// serviceWorker answers with the script that shows notifications while no page is open. It
// stands at the root, because a worker rules only what lies below its own address.
func (s *server) serviceWorker(w http.ResponseWriter, r *http.Request) {
	f := s.static.byPath[s.static.path("worker.js")]
	w.Header().Set("Content-Type", f.mime)
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(f.body) //nolint:errcheck // the reader may have gone
}

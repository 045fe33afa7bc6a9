package app

import (
	"context"
	"os"
	"testing"
)

func TestX(t *testing.T) {
	inWorld(t, func(ctx context.Context, w *world) {
		a := w.do(w.ours.chief(), 200, "GET", "/api/v1/openapi.json", "")
		os.WriteFile("/tmp/openapi.json", a.Body.Bytes(), 0o600)
		t.Logf("%+v", w.ours)
	})
}

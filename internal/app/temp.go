package app

import (
	"net/http"

	"watchfire.dev/internal/account"
)

func (a *App) api(s *account.Service) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {})
	return mux, nil
}

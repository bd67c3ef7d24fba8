package connector

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"showrunner/live/store"
)

// TestWhereRequeriesGo: by default a re-query stays out of every private
// network; for development it may go to loopback and private addresses, and to
// link-local ones never.
func TestWhereRequeriesGo(t *testing.T) {
	hits := 0
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hits++; r.URL.Path == "/moved" {
			http.Redirect(w, r, "/order", http.StatusTemporaryRedirect)
			return
		}
		_, _ = w.Write([]byte(`[]`)) // The test reads what became of it.
	}))
	defer platform.Close()
	ask := func(insecure bool, url string) error {
		client := NewClient(insecure)
		client.Timeout = 2 * time.Second
		defer client.CloseIdleConnections()
		sealed := mustSeal(t, douyin{}, Settings{"secret": "s", "app_id": "7", "requery.order_url": url})
		_, err := douyin{requery{client}}.Requery(t.Context(), sealed, store.Notice{Topic: "100", Order: "41"})
		return err
	}
	name := strings.Replace(platform.URL, "127.0.0.1", "localhost", 1)
	for _, tc := range []struct {
		insecure bool
		url      string
		reached  bool
	}{
		{false, platform.URL, false},
		{false, name, false}, // the address counts, not the name
		{false, "http://10.0.0.1/", false},
		{false, "http://192.168.1.1/", false},
		{false, "http://100.64.0.1/", false},
		{false, "http://[::1]:1/", false},
		{false, "http://[::ffff:127.0.0.1]:1/", false},
		{false, "http://169.254.169.254/latest/meta-data", false},
		{true, platform.URL, true},
		{true, name, true},
		{true, "http://169.254.169.254/latest/meta-data", false},
		{true, "http://[fe80::1]/", false},
		{true, "http://0.0.0.0:1/", false},
	} {
		hits = 0
		err := ask(tc.insecure, tc.url)
		if (err == nil) != tc.reached || (hits == 1) != tc.reached {
			t.Errorf("insecure %v, %s: %v after %d requests", tc.insecure, tc.url, err, hits)
		}
		if err != nil {
			wantCode(t, tc.url, err, "requery_failed")
			if strings.Contains(err.Error(), "//") {
				t.Errorf("%s: refused as %v", tc.url, err)
			}
		}
	}
	hits = 0
	wantCode(t, "a redirect", ask(true, platform.URL+"/moved"), "requery_failed")
	if hits != 1 {
		t.Errorf("a redirect was followed: %d requests", hits)
	}
}

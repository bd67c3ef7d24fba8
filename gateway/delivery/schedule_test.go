package delivery

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// roundTrip is a network without sockets.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSchedule lets an endpoint fail for good and looks at when each try comes,
// that the delivery is dead after the ninth, and that a replay brings it again.
func TestSchedule(t *testing.T) {
	if postgresServer != nil {
		t.Skip("time stands still here, and PostgreSQL has its own")
	}
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		var tries []time.Time
		var ids []string
		status := http.StatusInternalServerError
		sender, err := New(Config{Store: s, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		sender.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			tries, ids = append(tries, time.Now()), append(ids, r.Header.Get("webhook-id"))
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: r}, nil
		})
		sub := subscribe(t, s, "https://shop.example/hooks")
		enqueue(t, s, 1, "o1")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- sender.Run(ctx) }()
		time.Sleep(40 * time.Hour)
		synctest.Wait()

		if len(tries) != len(schedule)+1 {
			t.Fatalf("%d tries, want %d", len(tries), len(schedule)+1)
		}
		for i, want := range schedule {
			if got := tries[i+1].Sub(tries[i]); got < want || got > want+want/10+2*time.Second {
				t.Errorf("try %d came after %s, want %s and up to a tenth more", i+2, got, want)
			}
		}
		d := deliveries(t, s, sub.ID)[0]
		if d.State != store.WebhookDead || d.Attempts != 9 || d.LastStatus != 500 {
			t.Errorf("in the end: %s after %d attempts, status %d", d.State, d.Attempts, d.LastStatus)
		}
		status = http.StatusOK
		if n, more, err := s.ReplayWebhooks(t.Context(), sub.ID, d.ReceivedAt, d.ReceivedAt.Add(time.Second), store.WebhookDead, owner); n != 1 || more || err != nil {
			t.Fatalf("replayed %d %v %v", n, more, err)
		}
		time.Sleep(time.Hour) // the endpoint may be left alone for a while
		synctest.Wait()
		if d := deliveries(t, s, sub.ID)[0]; d.State != store.WebhookDelivered || d.Attempts != 1 {
			t.Errorf("after the replay: %s after %d attempts", d.State, d.Attempts)
		}
		for _, id := range ids {
			if id != d.ID {
				t.Errorf("webhook-id %s, want %s at every try", id, d.ID)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "90": 90 * time.Second, "-5": 0, "soon": 0, "999999999": 24 * time.Hour,
		"Fri, 02 Jan 2026 12:10:00 GMT": 10 * time.Minute, "Fri, 02 Jan 2026 11:00:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestCheckURL: what may be subscribed, with and without --insecure-webhooks.
func TestCheckURL(t *testing.T) {
	for url, want := range map[string][2]bool{ // secure, insecure
		"https://shop.example/hooks?x=1":  {true, true},
		"https://8.8.8.8/":                {true, true},
		"https://[2606:4700::1111]:8443/": {true, true},
		"http://shop.example/":            {false, false},
		"http://127.0.0.1:9000/":          {false, true},
		"http://localhost:9000/":          {false, true},
		"http://10.0.0.1/":                {false, false},
		"https://10.0.0.1/":               {false, true},
		"https://127.1.2.3/":              {false, true},
		"https://[::1]/":                  {false, true},
		"https://[::ffff:127.0.0.1]/":     {false, true},
		"https://169.254.169.254/":        {false, false},
		"https://[fe80::1]/":              {false, false},
		"https://[64:ff9b::a9fe:a9fe]/":   {false, false},
		"https://100.64.0.1/":             {false, false},
		"https://224.0.0.1/":              {false, false},
		"https://0.0.0.0/":                {false, false},
		"https://metadata.internal/":      {false, false},
		"https://u:p@shop.example/":       {false, false},
		"https://shop.example/#x":         {false, false},
		"https://shop.example:0/":         {false, false},
		"ftp://shop.example/":             {false, false},
		"https://":                        {false, false},
		"shop.example":                    {false, false},
		"https://shop.example/a b":        {false, false},
	} {
		for i, insecure := range []bool{false, true} {
			if got := CheckURL(url, insecure) == nil; got != want[i] {
				t.Errorf("%s insecure=%v: taken %v, want %v", url, insecure, got, want[i])
			}
		}
	}
}

// TestEnqueueOnce: a range read again makes nothing, and neither do rehearsals,
// facts from before the subscription and kinds nobody asked for.
func TestEnqueueOnce(t *testing.T) {
	s := openStore(t, t.TempDir())
	sub := subscribe(t, s, "https://shop.example/hooks")
	for range 2 {
		enqueue(t, s, 1, "o1", "o2")
	}
	rehearsal, early, other := entry(3, "o3"), entry(4, "o4"), entry(5, "o5")
	rehearsal.Event.Rehearsal = true
	early.Event.ReceivedAt = time.Now().Add(-time.Hour)
	other.Event.Kind = live.OrderCancelled
	if n, err := s.EnqueueWebhooks(t.Context(), "epoch", live.Position{Seq: 6}, []live.Entry{rehearsal, early, other}, render); n != 0 || err != nil {
		t.Errorf("made %d, %v", n, err)
	}
	if list := deliveries(t, s, sub.ID); len(list) != 2 {
		t.Errorf("%d deliveries, want 2", len(list))
	}
	if epoch, next, err := s.WebhookCheckpoint(t.Context()); epoch != "epoch" || next != (live.Position{Seq: 6}) || err != nil {
		t.Errorf("checkpoint %s %v %v", epoch, next, err)
	}
	// Another incarnation of the log begins anew at the same positions.
	if n, err := s.EnqueueWebhooks(t.Context(), "another", live.Position{Seq: 2}, []live.Entry{entry(1, "o9")}, render); n != 1 || err != nil {
		t.Errorf("after a lost log: made %d, %v", n, err)
	}
}

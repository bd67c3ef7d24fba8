package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"showrunner/live"
)

// TestWebhooksLeave: an order that is placed and paid reaches a receiver, each
// fact once, created before paid, signed and without internals.
func TestWebhooksLeave(t *testing.T) {
	type hook struct {
		id, stamp, signature string
		body                 []byte
	}
	hooks := make(chan hook, 16)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		hooks <- hook{r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), r.Header.Get("webhook-signature"), body}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()

	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0", "--insecure-webhooks")
	s := newStage(t, p.url, data, "m-out", "r-out", "Asia/Shanghai", good{"p1", "sku1", 1990, 5})
	var sub struct {
		ID     string `json:"subscription_id"`
		Secret string `json:"secret"`
	}
	must(t, "POST", p.url+"/v1/subscriptions", s.merch, object{"url": receiver.URL + "/in", "types": []string{"order_created", "order_paid"}}, &sub)
	var placed struct {
		Order string `json:"order_id"`
	}
	must(t, "POST", s.path("/orders"), s.tokens.sign(live.RoleViewer, "v1", "m-out"),
		object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku1", "qty": 1}}}, &placed)
	s.hook("h1", s.paidFact(placed.Order, "pay1", 1990))

	key, err := base64.StdEncoding.DecodeString(sub.Secret[len("whsec_"):])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"order_created", "order_paid"} {
		var h hook
		select {
		case h = <-hooks:
		case <-time.After(time.Minute):
			t.Fatalf("%s did not arrive\n%s", want, p.stderr)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(h.id + "." + h.stamp + "." + string(h.body)))
		if sig := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.signature != sig {
			t.Errorf("%s: signature %s, want %s", want, h.signature, sig)
		}
		var body struct {
			Type string
			Data map[string]any
		}
		if err := json.Unmarshal(h.body, &body); err != nil {
			t.Fatal(err)
		}
		if body.Type != want || body.Data["order_id"] != placed.Order || body.Data["deltas"] != nil {
			t.Errorf("got %s, want %s of %s", h.body, want, placed.Order)
		}
	}
	p.stop(15 * time.Second)
	select {
	case h := <-hooks:
		t.Errorf("one too many: %s", h.body)
	default:
	}
}

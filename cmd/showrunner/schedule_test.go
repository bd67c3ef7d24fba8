package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// inbox is an endpoint that keeps what it is sent, and refuses it until it is open.
type inbox struct {
	key []byte

	mu       sync.Mutex
	opened   bool
	refused  map[string]int
	accepted map[string][]byte
	forged   int
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	id := r.Header.Get("webhook-id")
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(id + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
	if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		b.forged++
	}
	if !b.opened {
		b.refused[id]++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if was, again := b.accepted[id]; again && !bytes.Equal(was, body) {
		b.forged++
	}
	b.accepted[id] = body
	w.WriteHeader(http.StatusNoContent)
}

func (b *inbox) counts() (refused, accepted int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.refused), len(b.accepted)
}

// await waits for a condition of the inbox.
func (b *inbox) await(t *testing.T, p *program, what string, done func(refused, accepted int) bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if done(b.counts()) {
			return
		}
	}
	refused, accepted := b.counts()
	t.Fatalf("%s: %d are refused and %d accepted\n%s", what, refused, accepted, p.stderr)
}

// TestReportsAreDeliveredOverKills kills the server as a show ends, and again while
// the endpoint refuses its reports. Each report is one webhook-id, signed, with the
// bytes that can be downloaded; the secret is in no log.
func TestReportsAreDeliveredOverKills(t *testing.T) {
	box := &inbox{refused: map[string]int{}, accepted: map[string][]byte{}}
	receiver := httptest.NewServer(box)
	defer receiver.Close()
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0", "--insecure-webhooks")
	s := newStage(t, p.url, data, "m-due", "r-due", "Asia/Shanghai", good{"p1", "sku1", 1990, 5})
	var sub struct {
		ID     string `json:"subscription_id"`
		Secret string `json:"secret"`
	}
	must(t, "POST", p.url+"/v1/subscriptions", s.merch, object{"url": receiver.URL + "/in?token=hush", "types": []string{"report_due"}}, &sub)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sub.Secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	box.key = key
	schedules := map[string]string{} // by format
	for _, format := range []string{"json", "xlsx"} {
		var made struct {
			ID string `json:"schedule_id"`
		}
		must(t, "POST", p.url+"/v1/report-schedules", s.merch, object{"subscription_id": sub.ID, "report": "show", "moments": []string{"t0", "t30"}, "format": format, "lang": "en"}, &made)
		schedules[format] = made.ID
	}
	s.hook("h1", object{"type": "order_created", "timestamp": s.now().Format(time.RFC3339Nano), "data": object{
		"order_id": "o1", "show_id": s.show, "currency": "CNY", "lines": []object{{"line_id": "l0", "sku_id": "sku1", "qty": 1, "goods_minor": 1990}},
	}}, s.paidFact("o1", "pay1", 1990))
	s.command("end_show", object{})
	p.kill()

	p = startProgram(t, data, "127.0.0.1:0", "--insecure-webhooks")
	s.url = p.url
	box.await(t, p, "while the endpoint refuses", func(refused, _ int) bool { return refused == 2 })
	p.kill()

	box.mu.Lock()
	box.opened = true
	box.mu.Unlock()
	p = startProgram(t, data, "127.0.0.1:0", "--insecure-webhooks")
	s.url = p.url
	box.await(t, p, "once it is open", func(_, accepted int) bool { return accepted >= 2 })

	for format, id := range schedules {
		var runs struct {
			Items []struct {
				Subject  string
				Made     bool
				Delivery string `json:"delivery_id"`
				SHA256   string `json:"content_sha256"`
			}
		}
		must(t, "GET", p.url+"/v1/report-schedules/"+id+"/runs", s.merch, nil, &runs)
		if len(runs.Items) != 1 || !runs.Items[0].Made || runs.Items[0].Subject != "show:"+string(s.show)+":t0" {
			t.Fatalf("%s: the runs are %+v", format, runs.Items)
		}
		run := runs.Items[0]
		box.mu.Lock()
		body := box.accepted[run.Delivery]
		was := box.refused[run.Delivery]
		box.mu.Unlock()
		if body == nil || was == 0 {
			t.Fatalf("%s: %s was refused %d times and is not what was accepted", format, run.Delivery, was)
		}
		var said struct {
			Type string
			Data struct {
				Path    string
				SHA256  string `json:"content_sha256"`
				Content []byte `json:"content_base64"`
			}
		}
		if err := json.Unmarshal(body, &said); err != nil {
			t.Fatal(err)
		}
		status, report, err := call(t.Context(), "GET", p.url+said.Data.Path, s.merch, nil)
		if err != nil || status != http.StatusOK || said.Type != "report_due" {
			t.Fatalf("%s: %d, %v: %.300s", format, status, err, report)
		}
		sum := sha256.Sum256(report)
		if !bytes.Equal(report, said.Data.Content) || said.Data.SHA256 != hex.EncodeToString(sum[:]) || run.SHA256 != said.Data.SHA256 {
			t.Errorf("%s: %d bytes were sent, and %d can be downloaded", format, len(said.Data.Content), len(report))
		}
		if format == "json" && !bytes.Contains(report, []byte(`"gmv_paid_minor":1990`)) {
			t.Errorf("the report lacks what was sold: %.500s", report)
		}
	}
	p.stop(30 * time.Second)
	if refused, accepted := box.counts(); refused != 2 || accepted != 2 || box.forged > 0 {
		t.Errorf("%d webhook-ids were refused, %d accepted, %d signatures or bodies are wrong; want 2 reports", refused, accepted, box.forged)
	}
	if log := p.stderr.String(); strings.Contains(log, sub.Secret) || strings.Contains(log, "hush") {
		t.Error("the log has the secret, or the query of the URL")
	}
}

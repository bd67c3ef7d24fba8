package console

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// browser is a real Chromium with one page, driven over its own debugging
// protocol. One goroutine uses it at a time.
type browser struct {
	t      *testing.T
	conn   *websocket.Conn
	next   int
	faults []string // exceptions and errors of the page, policy violations among them
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on the PATH: the console is not looked at in a browser")
	}
	dir, err := os.MkdirTemp("", "console-browser-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-extensions", "--remote-debugging-port=0", "--user-data-dir="+dir, "about:blank")
	cmd.WaitDelay = 10 * time.Second
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // It may have ended by itself.
		_ = cmd.Wait()         // Always the kill.
		// Its helpers may still be writing for a moment.
		for range 50 {
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	var debugger string
	lines := bufio.NewScanner(stderr)
	for debugger == "" && lines.Scan() {
		_, debugger, _ = strings.Cut(lines.Text(), "DevTools listening on ")
	}
	if debugger == "" {
		t.Fatal("Chromium ended before it listened")
	}
	go func() {
		for lines.Scan() { // keeps its pipe from filling
		}
	}()
	b := &browser{t: t}
	b.attach(debugger)
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable"} {
		b.call(domain, nil)
	}
	return b
}

// attach connects to the one page there is.
func (b *browser) attach(debugger string) {
	b.t.Helper()
	u, err := url.Parse(debugger)
	if err != nil {
		b.t.Fatalf("debugger address %q: %v", debugger, err)
	}
	res, err := http.Get("http://" + u.Host + "/json/list")
	if err != nil {
		b.t.Fatalf("list pages: %v", err)
	}
	defer res.Body.Close()
	var pages []struct{ Type, WebSocketDebuggerURL string }
	if err := json.NewDecoder(res.Body).Decode(&pages); err != nil {
		b.t.Fatalf("list pages: %v", err)
	}
	for _, p := range pages {
		if p.Type != "page" {
			continue
		}
		b.conn, _, err = websocket.Dial(b.t.Context(), p.WebSocketDebuggerURL, nil)
		if err != nil {
			b.t.Fatalf("attach: %v", err)
		}
		b.conn.SetReadLimit(64 << 20)
		b.t.Cleanup(func() { _ = b.conn.CloseNow() })
		return
	}
	b.t.Fatalf("Chromium has no page: %v", pages)
}

// call sends one command and returns its result; what the page complained of
// meanwhile is kept in faults.
func (b *browser) call(method string, params any) json.RawMessage {
	b.t.Helper()
	b.next++
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	if params == nil {
		params = struct{}{}
	}
	msg, err := json.Marshal(map[string]any{"id": b.next, "method": method, "params": params})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.conn.Write(ctx, websocket.MessageText, msg); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		_, raw, err := b.conn.Read(ctx)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var got struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  json.RawMessage
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		b.note(got.Method, got.Params)
		if got.ID != b.next {
			continue
		}
		if got.Error != nil {
			b.t.Fatalf("%s: %s", method, got.Error)
		}
		return got.Result
	}
}

func (b *browser) note(method string, params json.RawMessage) {
	switch method {
	case "Runtime.exceptionThrown":
		b.faults = append(b.faults, string(params))
	case "Log.entryAdded":
		var p struct {
			Entry struct{ Level, Text, URL string }
		}
		if err := json.Unmarshal(params, &p); err != nil || p.Entry.Level == "error" {
			b.faults = append(b.faults, fmt.Sprintf("%s (%s)", p.Entry.Text, p.Entry.URL))
		}
	}
}

// eval runs a script in the page, waits for its promise and returns its value.
func (b *browser) eval(script string) any {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	raw := b.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true})
	if err := json.Unmarshal(raw, &got); err != nil {
		b.t.Fatal(err)
	}
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", script, got.ExceptionDetails)
	}
	return got.Result.Value
}

// wait waits until an expression of the page is true.
func (b *browser) wait(what, expression string) {
	b.t.Helper()
	done := b.eval(`new Promise((done) => {
		const end = Date.now() + 20000;
		const look = () => { let ok = false; try { ok = Boolean(` + expression + `); } catch {} 
			if (ok || Date.now() > end) done(ok); else setTimeout(look, 20); };
		look();
	})`)
	if done != true {
		b.shot("failed")
		b.t.Fatalf("%s: %s did not become true; page says %v; faults %q", what, expression, b.eval(`document.body.innerText`), b.faults)
	}
}

func (b *browser) open(address string) { b.call("Page.navigate", map[string]any{"url": address}) }

func (b *browser) size(width, height int) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
}

func (b *browser) scheme(name string) {
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": name}}})
}

// shot keeps a picture of the page under $SHOWRUNNER_SCREENSHOTS, if that is set.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SHOWRUNNER_SCREENSHOTS")
	if dir == "" {
		return
	}
	var got struct{ Data string }
	if err := json.Unmarshal(b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}), &got); err != nil {
		b.t.Fatal(err)
	}
	picture, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

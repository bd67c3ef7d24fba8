package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestHostPanelInBrowser plays a show through the console: a host, an operator, a
// moderator and a viewer in a real browser, in both languages, on a server that
// is killed and started again meanwhile. With SHOWRUNNER_SCREENSHOTS it keeps
// pictures of every page at every width, theme and language.
func TestHostPanelInBrowser(t *testing.T) {
	const app = "../../gateway/console"
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node on the PATH: the console is not looked at in a browser")
	}
	if _, err := os.Stat(filepath.Join(app, "node_modules/playwright-core")); err != nil {
		t.Skip("Playwright is not installed (npm ci in gateway/console): the console is not looked at in a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium on the PATH: the console is not looked at in a browser")
	}
	data, addr := t.TempDir(), freeAddr(t)
	server := startProgram(t, data, addr)
	server.ready(200, 2*time.Minute)
	s := newStage(t, server.url, data, "m-console", "r-console", "Asia/Shanghai",
		good{"p1", "k1", 1990, 5}, good{"p2", "k2", 2990, 5}, good{"p3", "k3", 990, 0})
	tokens := object{}
	for _, role := range []live.Role{live.RoleHost, live.RoleOperator, live.RoleModerator, live.RoleViewer} {
		tokens[string(role)] = s.tokens.sign(role, "the-"+string(role), s.merchant)
	}
	given, err := json.Marshal(object{
		"url": server.url, "room": s.room, "chromium": chromium, "shots": os.Getenv("SHOWRUNNER_SCREENSHOTS"), "tokens": tokens,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := deadline(t, 8*time.Minute)
	play := exec.CommandContext(ctx, node, "app/e2e/console.mjs")
	play.Dir = app
	play.Env = append(os.Environ(), "STAGE="+string(given))
	play.WaitDelay = 10 * time.Second
	stderr := &tail{}
	play.Stderr = stderr
	in, err := play.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := play.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := play.Start(); err != nil {
		t.Fatal(err)
	}
	done := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		asked, ok := strings.CutPrefix(lines.Text(), "@")
		if !ok {
			continue
		}
		switch asked {
		case "prompt":
			s.command("send_prompt", object{"text": "Show the blade"})
		case "pay":
			s.payOnlyOrder()
		case "kill":
			server.kill()
		case "start":
			endEngine(t, data)
			server = startProgram(t, data, addr)
		case "done":
			done = true
		}
		if _, err := io.WriteString(in, "ok\n"); err != nil && !done {
			t.Errorf("answer %s: %v", asked, err)
		}
	}
	if err := play.Wait(); err != nil || !done {
		t.Fatalf("the play in the browser: %v, done %t\n%s\nserver: %s", err, done, stderr, server.stderr)
	}
}

// payOnlyOrder states that the one order there is was paid.
func (s *stage) payOnlyOrder() {
	s.t.Helper()
	var list struct {
		Items []struct {
			ID    string `json:"order_id"`
			Total int64  `json:"due_minor"`
		}
	}
	must(s.t, "GET", s.url+"/v1/orders?show_id="+string(s.show), s.merch, nil, &list)
	if len(list.Items) != 1 {
		s.t.Fatalf("%d orders, want the viewer's one", len(list.Items))
	}
	s.hook("console-paid", s.paidFact(list.Items[0].ID, "console-payment", list.Items[0].Total))
}

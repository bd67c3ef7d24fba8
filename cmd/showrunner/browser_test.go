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

	"showrunner/analytics/pdf"
)

// consoleFolder is where the console and the plays of its pages are.
const consoleFolder = "../../gateway/console"

// needBrowser skips a test that plays pages where Node, Chromium or what the
// plays are written with is missing, and gives Chromium's path.
func needBrowser(t *testing.T) (node, chromium string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node on the PATH: the console is not played in a browser")
	}
	for _, name := range pdf.Browsers {
		if chromium, err = exec.LookPath(name); err == nil {
			break
		}
	}
	if err != nil {
		t.Skip("no Chromium on the PATH: the console is not played in a browser")
	}
	for _, name := range []string{"playwright-core", "axe-core"} {
		if _, err := os.Stat(filepath.Join(consoleFolder, "node_modules", name)); err != nil {
			t.Skipf("%s is not installed (npm ci in gateway/console): the console is not played in a browser", name)
		}
	}
	return node, chromium
}

// playBrowser runs a play of gateway/console/app/e2e in a real Chromium. The play
// reads stage, asks for what answers have by lines that begin with @, and says
// @done when all was seen. What it says besides is logged. With
// SHOWRUNNER_SCREENSHOTS it keeps pictures.
func playBrowser(t *testing.T, script string, stage object, answers map[string]func()) {
	t.Helper()
	playBrowserFor(t, 9*time.Minute, script, stage, answers)
}

// playBrowserFor is playBrowser for a play that may take longer.
func playBrowserFor(t *testing.T, most time.Duration, script string, stage object, answers map[string]func()) {
	t.Helper()
	node, chromium := needBrowser(t)
	stage["chromium"], stage["shots"] = chromium, os.Getenv("SHOWRUNNER_SCREENSHOTS")
	given, err := json.Marshal(stage)
	if err != nil {
		t.Fatal(err)
	}
	play := exec.CommandContext(deadline(t, most), node, "app/e2e/"+script)
	play.Dir = consoleFolder
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
			t.Log(lines.Text())
			continue
		}
		if asked == "done" {
			done = true
			continue
		}
		answer := answers[asked]
		if answer == nil {
			t.Errorf("the play asks for %s, which nobody gives", asked)
			break
		}
		answer()
		if _, err := io.WriteString(in, "ok\n"); err != nil {
			t.Errorf("answer %s: %v", asked, err)
		}
	}
	if err := play.Wait(); err != nil || !done {
		t.Fatalf("%s: %v, done %t\n%s", script, err, done, stderr)
	}
}

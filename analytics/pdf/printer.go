package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"showrunner/live"
)

const (
	// DefaultTimeout bounds the printing of one page.
	DefaultTimeout = time.Minute
	// wait is how long the browser may take to end once it was killed.
	wait = 10 * time.Second
	// busyRetry is when to ask again while another page is printed.
	busyRetry = 5 * time.Second
)

// Browsers are the names under which a Chromium is looked for, in this order.
var Browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Config says how pages are printed.
type Config struct {
	// Browser is the path of a Chromium; empty looks for one of [Browsers] on the
	// PATH.
	Browser string
	// Timeout bounds one page; 0 means [DefaultTimeout].
	Timeout time.Duration
}

// Printer prints pages, one at a time.
type Printer struct {
	cfg  Config
	turn chan struct{}
}

// New looks for nothing and starts nothing.
func New(cfg Config) *Printer {
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	return &Printer{cfg: cfg, turn: make(chan struct{}, 1)}
}

// browser finds the Chromium.
func (p *Printer) browser() (string, error) {
	names := Browsers
	if p.cfg.Browser != "" {
		names = []string{p.cfg.Browser}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", live.Unsupported("pdf_unavailable", "no Chromium is installed where the server runs, which PDF is printed with: install chromium, or print the html format")
}

// Print prints a self-contained page as it is as of an instant. Without a
// Chromium it is refused as "pdf_unavailable", while other pages are printed for
// longer than the time limit as "pdf_busy", and a page that takes longer than it
// as "pdf_timeout".
func (p *Printer) Print(ctx context.Context, page []byte, asOf time.Time) ([]byte, error) {
	browser, err := p.browser()
	if err != nil {
		return nil, err
	}
	line := time.NewTimer(p.cfg.Timeout)
	defer line.Stop()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-line.C:
		return nil, live.Unavailable("pdf_busy", busyRetry, "other pages are being printed")
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to print: %w", ctx.Err())
	}
	dir, err := os.MkdirTemp("", "showrunner-pdf-")
	if err != nil {
		return nil, fmt.Errorf("make a profile to print with: %w", err)
	}
	out, err := p.run(ctx, browser, dir, page)
	if err := errors.Join(err, remove(dir)); err != nil {
		return nil, err
	}
	return stamped(out, asOf), nil
}

// run has the browser print the page in a folder.
func (p *Printer) run(ctx context.Context, browser, dir string, page []byte) ([]byte, error) {
	in, out := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(in, page, 0o600); err != nil {
		return nil, fmt.Errorf("write the page to print: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, browser, arguments(dir, out, in)...) //nolint:gosec // a browser the operator installed
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "TMPDIR="+dir)
	// The browser is several processes; what ends it ends them all.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = wait
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // Whoever is left over; mostly nobody is.
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("print a page: %w", ctx.Err())
	case limited.Err() != nil:
		return nil, live.Unavailable("pdf_timeout", busyRetry, "the page could not be printed within %s", p.cfg.Timeout)
	case err != nil:
		return nil, fmt.Errorf("print a page: %w: %s", err, last(said.Bytes()))
	}
	data, err := os.ReadFile(out) //nolint:gosec // in our own folder
	if err != nil {
		return nil, fmt.Errorf("read the printed page: %w: %s", err, last(said.Bytes()))
	}
	return data, nil
}

// arguments start a browser that prints one file and reaches nothing else. Its
// own sandbox needs another user than root.
func arguments(dir, out, in string) []string {
	args := []string{
		"--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
		"--disable-sync", "--disable-default-apps", "--disable-component-update", "--no-default-browser-check", "--mute-audio",
		"--host-resolver-rules=MAP * ~NOTFOUND",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--no-pdf-header-footer", "--print-to-pdf=" + out,
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	return append(args, "file://"+in)
}

// last is the end of what a browser said.
func last(said []byte) []byte {
	said = bytes.TrimSpace(said)
	return said[max(0, len(said)-500):]
}

// remove deletes the folder; helpers of the browser that were killed may still be
// writing for a moment.
func remove(dir string) error {
	var err error
	for range 50 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("delete the profile to print with: %w", err)
}

// made are the entries of a PDF that say when it was made.
var made = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}\+00'00'\)`)

// stamped is a PDF that was made at an instant. Every entry keeps its length, so
// that the places of the others hold.
func stamped(data []byte, at time.Time) []byte {
	return made.ReplaceAll(data, []byte("/$1 (D:"+at.UTC().Format("20060102150405")+"+00'00')"))
}

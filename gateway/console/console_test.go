package console

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

func mounted() *fiber.App {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	Mount(app)
	return app
}

func get(t *testing.T, app *fiber.App, path string, header ...string) (*http.Response, string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := app.Test(req, -1)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("GET %s: read: %v", path, err)
	}
	return res, string(body)
}

var address = regexp.MustCompile(`(?:href|src)="(assets/[^"]+)"`)

func TestEveryAddressOfAPageIsServed(t *testing.T) {
	app := mounted()
	for _, page := range []string{"/console/"} {
		res, body := get(t, app, page)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("GET %s = %d %s", page, res.StatusCode, res.Header.Get("Content-Type"))
		}
		found := address.FindAllStringSubmatch(body, -1)
		if len(found) < 2 {
			t.Fatalf("%s names %d assets; the search itself is broken", page, len(found))
		}
		for _, m := range found {
			res, _ := get(t, app, page[:strings.LastIndex(page, "/")+1]+m[1])
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s names %s: %d", page, m[1], res.StatusCode)
			}
			if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
				t.Errorf("%s: Cache-Control = %q", m[1], got)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	app := mounted()
	paths := []string{"/console/", "/console/tables.json"}
	current := load(dist())
	for name := range current.files {
		if asset, ok := strings.CutPrefix(name, "assets/"); ok {
			paths = append(paths, "/console/assets/"+current.build+"/"+asset)
		}
	}
	for _, path := range paths {
		res, body := get(t, app, path)
		if res.StatusCode != http.StatusOK || body == "" {
			t.Errorf("GET %s = %d with %d bytes", path, res.StatusCode, len(body))
		}
		policy := res.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %s", path, policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
		tag := res.Header.Get("ETag")
		if again, body := get(t, app, path, "If-None-Match", tag); tag == "" || again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s: asked again with its tag %q: %d with %d bytes, want 304 with none", path, tag, again.StatusCode, len(body))
		}
	}
}

// TestZipped: who takes gzip gets the same text in fewer bytes.
func TestZipped(t *testing.T) {
	app := mounted()
	path := "/console/assets/" + load(dist()).build + "/vue.js"
	_, plain := get(t, app, path)
	res, packed := get(t, app, path, "Accept-Encoding", "gzip")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" || len(packed)*2 > len(plain) {
		t.Fatalf("Content-Encoding %q, Vary %q, %d bytes of %d", res.Header.Get("Content-Encoding"), res.Header.Get("Vary"), len(packed), len(plain))
	}
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != plain {
		t.Errorf("unpacked it is %d bytes, want the %d as they are (%v)", len(got), len(plain), err)
	}
}

func TestNotThere(t *testing.T) {
	app := mounted()
	build := load(dist()).build
	for _, path := range []string{
		"/console/assets/" + build + "/nothing.js", "/console/assets/0123456789abcdef/main.js",
		"/console/assets/" + build + "/index.html", "/console/assets/" + build + "/..%2findex.html", "/console/classic/", "/console/assets/" + build + "/..%2fconsole.go", "/console/console.go",
	} {
		if res, _ := get(t, app, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, res.StatusCode)
		}
	}
	if res, _ := get(t, app, "/console"); res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "/console/" {
		t.Errorf("GET /console = %d to %q, want 301 to /console/", res.StatusCode, res.Header.Get("Location"))
	}
}

// TestTables holds the page's rights and digits to the server's own.
func TestTables(t *testing.T) {
	_, body := get(t, mounted(), "/console/tables.json")
	var got struct {
		Rights map[live.Role][]live.Action
		Digits map[live.Currency]int
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("tables.json: %v", err)
	}
	for _, role := range live.Roles {
		for action := range live.Rights {
			want := live.Principal{Role: role}.May(action)
			if has := slices.Contains(got.Rights[role], action); has != want {
				t.Errorf("%s may %s: the page says %t, the server %t", role, action, has, want)
			}
		}
	}
	want := map[live.Currency]int{}
	for _, c := range live.Currencies() {
		want[c] = c.Exponent()
	}
	if diff := cmp.Diff(want, got.Digits); diff != "" {
		t.Errorf("digits (-server +page):\n%s", diff)
	}
	for c, digits := range map[live.Currency]int{"CNY": 2, "JPY": 0, "KWD": 3} {
		if got.Digits[c] != digits {
			t.Errorf("%s has %d digits, want %d", c, got.Digits[c], digits)
		}
	}
}

// TestCardsAreMetrics holds each figure above the host's panel to the dictionary:
// its name, and that one of money asks for the right to see money and no other does.
func TestCardsAreMetrics(t *testing.T) {
	text, err := os.ReadFile("app/src/pages/host/figures.ts")
	if err != nil {
		t.Fatal(err)
	}
	cards := regexp.MustCompile(`\{ key: "\w+", metric: "(\w+)", kind: "(\w+)"(, needs: "money\.read")? \}`).FindAllSubmatch(text, -1)
	if len(cards) < 5 {
		t.Fatalf("%d figures found; the search itself is broken", len(cards))
	}
	for _, card := range cards {
		m, ok := analytics.Lookup(string(card[1]))
		if !ok {
			t.Errorf("%s is no metric of the dictionary", card[1])
			continue
		}
		if needs, kind := card[3] != nil, string(card[2]); m.Money != needs || m.Money != (kind == "money") || m.IsRate() != (kind == "rate") {
			t.Errorf("%s is a %s, needs money.read %t; the dictionary says money %t, rate %t", card[1], kind, needs, m.Money, m.IsRate())
		}
	}
}

// TestWordsForEveryState keeps a page from showing a key where a state of the
// server has no word.
func TestWordsForEveryState(t *testing.T) {
	wanted := map[string][]string{}
	host, parts := "app/src/pages/host/words.ts", "app/src/parts/figures/words.ts"
	for _, s := range []live.ShowState{live.ShowStateScheduled, live.ShowStateLive, live.ShowStatePaused, live.ShowStateEnded, live.ShowStateSettled} {
		wanted[host], wanted[parts] = append(wanted[host], "state_"+string(s)), append(wanted[parts], "word_"+string(s))
	}
	for _, s := range []live.OrderState{live.OrderUnknown, live.OrderUnpaid, live.OrderStatePaid, live.OrderPartRefunded, live.OrderRefunded, live.OrderStateCanceled} {
		wanted[parts] = append(wanted[parts], "word_"+string(s))
	}
	for _, c := range []live.CommandName{live.StartShow, live.PauseShow, live.ResumeShow, live.EndShow} {
		wanted[host] = append(wanted[host], string(c), "confirm_"+string(c))
	}
	actions := "app/src/pages/audit/actions/words.ts"
	for _, c := range live.Commands {
		wanted[actions] = append(wanted[actions], string(c))
	}
	for _, a := range audited(t) {
		wanted[actions] = append(wanted[actions], strings.ReplaceAll(a, ".", "_"))
	}
	for file, keys := range wanted {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			if n := len(regexp.MustCompile(`\b`+key+`: "`).FindAll(text, -1)); n != 2 {
				t.Errorf("%s: %s has %d words, want one in each language", file, key, n)
			}
		}
	}
}

// audited finds the actions that the server's sources write to the audit log as
// they stand there, without those put together of parts.
func audited(t *testing.T) []string {
	t.Helper()
	literal := regexp.MustCompile(`(?:Action: +|[aA]udit[A-Za-z]*\((?:[a-z&]+, )*|shelfChange\([a-z, ]+, )"([a-z_]+(?:\.[a-z_]+)?)"`)
	found := map[string]bool{}
	for _, root := range []string{"../../live", "../../conversion", "../../analytics", "../../gateway"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			text, err := os.ReadFile(path)
			for _, m := range literal.FindAllSubmatch(text, -1) {
				found[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 30 {
		t.Fatalf("found %d actions of the audit log, want more: is it written in another way now?", len(found))
	}
	return slices.Sorted(maps.Keys(found))
}

// TestScripts runs the tests of the client as it is compiled.
func TestScripts(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on the PATH: the client is not tested")
	}
	out, err := exec.CommandContext(t.Context(), node, "--test", "test/").CombinedOutput()
	if err != nil {
		t.Fatalf("node --test: %v\n%s", err, out)
	}
	if !regexp.MustCompile(`(?m)^# pass [1-9][0-9]`).Match(out) {
		t.Fatalf("node --test ran hardly a test:\n%s", out)
	}
}

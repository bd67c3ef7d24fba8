package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shopMapping is a mapping that can be used.
const shopMapping = `{
  "version": 1,
  "signature": {"algorithm": "hmac-sha256", "template": "{body}", "header": "Sign"},
  "event": {"path": "kind", "kinds": {"paid": "order_paid"}},
  "amount": {"unit": "minor"},
  "currency": {"value": "CNY"},
  "time": {"unit": "s"},
  "facts": {"order_paid": {"order_id": "o", "at": "t", "paid": "sum"}}
}`

// TestCheckMappings: --check reads the mappings of the configuration and tells
// every fault of every file with its place, and the server does not start on one.
func TestCheckMappings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.json", shopMapping)
	bad := write("bad.json", strings.NewReplacer(`"minor"`, `"fen"`, `"t", "paid": "sum"`, `"t[]", "paid": "sum", "tip": "tip"`).Replace(shopMapping))
	torn := write("torn.json", shopMapping[:40])
	config := write("config.json", `{"mapping": {"ours": "`+good+`"}}`)

	check := func(args ...string) (code int, said, faults string) {
		var out, complaint bytes.Buffer
		code = run(t.Context(), append([]string{"serve", "--check", "--data", dir}, args...), &out, &complaint)
		return code, out.String(), complaint.String()
	}
	for _, args := range [][]string{{"--mapping", "ours=" + good}, {"--config", config}} {
		if code, said, faults := check(args...); code != 0 || !strings.Contains(said, "the configuration is valid") {
			t.Errorf("%v: %d %q %s", args, code, said, faults)
		}
	}
	code, _, faults := check("--mapping", "bad="+bad, "--mapping", "gone="+filepath.Join(dir, "gone.json"), "--mapping", "a b="+good, "--mapping", "torn="+torn, "--order-ttl", "0s")
	if code != 2 {
		t.Fatalf("bad mappings: exit code %d", code)
	}
	for _, want := range []string{
		bad + ":5:22: amount.unit must be one of minor, major",
		bad + `:8:51: facts.order_paid.at must lead to one value, without []`,
		bad + ":8:73: facts.order_paid.tip is not known here",
		"--mapping gone: open ", torn + ":3:", `--mapping: the name "a b"`, "--order-ttl",
	} {
		if !strings.Contains(faults, want) {
			t.Errorf("the faults lack %q:\n%s", want, faults)
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"serve", "--data", filepath.Join(dir, "data"), "--addr", "127.0.0.1:0", "--mapping", "bad=" + bad}, &out, &out); code != 2 {
		t.Errorf("a server with a bad mapping ends with %d: %s", code, out.String())
	}
}

package console

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestClientIsCompiled compiles the room client again: what is committed is
// what its source says, and the source has no type errors.
func TestClientIsCompiled(t *testing.T) {
	tsc, err := filepath.Abs("node_modules/.bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tsc); err != nil {
		t.Skip("the TypeScript compiler is not installed (npm ci in gateway/console): the room client is not compiled again")
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), tsc, "--outDir", dir).CombinedOutput(); err != nil {
		t.Fatalf("tsc: %v\n%s", err, out)
	}
	want, err := os.ReadFile(filepath.Join(dir, "client.js"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("client/js/client.js")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("client/js/client.js is not what client/client.ts compiles to: run make client")
	}
	if strings.Contains(string(got), "import ") {
		t.Error("the client depends on something")
	}
}

package engine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// LibraryEnv names the environment variable that overrides the search of
// [FindLibrary].
const LibraryEnv = "SHOWRUNNER_ENGINE_LIBRARY"

// packages are the npm packages that carry the library, by platform.
var packages = map[string]string{
	"linux/amd64":  "@chdb/lib-linux-x64-gnu",
	"linux/arm64":  "@chdb/lib-linux-arm64-gnu",
	"darwin/amd64": "@chdb/lib-darwin-x64",
	"darwin/arm64": "@chdb/lib-darwin-arm64",
}

// ErrNoLibrary says that neither the library nor a clickhouse executable was found.
var ErrNoLibrary = errors.New("no ClickHouse engine found: run npm ci, put clickhouse on the PATH, set " + LibraryEnv + ", or name a server with --clickhouse")

// FindLibrary finds what to run: the file named by SHOWRUNNER_ENGINE_LIBRARY;
// else libchdb.so in node_modules under one of dirs, or beside the running
// binary, or under the working directory, or a parent of these; else a
// clickhouse executable on the PATH. It returns [ErrNoLibrary] if there is none.
func FindLibrary(dirs ...string) (string, error) {
	if path := os.Getenv(LibraryEnv); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("engine: %s: %w", LibraryEnv, err)
		}
		return path, nil
	}
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Dir(self))
	}
	if wd, err := os.Getwd(); err == nil {
		dirs = append(dirs, wd)
	}
	if pkg, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]; ok {
		for _, dir := range dirs {
			for {
				path := filepath.Join(dir, "node_modules", filepath.FromSlash(pkg), "libchdb.so")
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					return path, nil
				}
				parent := filepath.Dir(dir)
				if parent == dir {
					break
				}
				dir = parent
			}
		}
	}
	if path, err := exec.LookPath("clickhouse"); err == nil {
		return path, nil
	}
	return "", ErrNoLibrary
}

// isLibrary tells a library to load from an executable to run.
func isLibrary(path string) bool {
	base := filepath.Base(path)
	return strings.HasSuffix(base, ".so") || strings.HasSuffix(base, ".dylib") || strings.Contains(base, ".so.")
}

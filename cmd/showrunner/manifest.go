package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// The manifest is written last: a backup without one was not finished. Its own
// sum stands beside it.
const (
	backupFormat  = "showrunner-backup"
	backupVersion = 1
	manifestFile  = "manifest.json"
	manifestSum   = "manifest.sha256"
)

// manifest says what a backup holds.
type manifest struct {
	Format     string            `json:"format"`
	Version    int               `json:"version"`
	Program    string            `json:"program"`
	MadeAt     time.Time         `json:"made_at"`
	Sink       live.Position     `json:"sink"` // ClickHouse has everything before it
	Store      store.Saved       `json:"store"`
	Log        eventlog.Exported `json:"log"`
	ClickHouse clickhouse.Saved  `json:"clickhouse"`
	Keys       bool              `json:"keys"`
	Files      []backedFile      `json:"files"`
}

// backedFile is one file of a backup.
type backedFile struct {
	Path   string `json:"path"` // below the folder, with /
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (m *manifest) bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// sum reads a file to its end.
func sum(path string) (size int64, hash string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = f.Close() }() // Only read.
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// listFiles sums every file of a backup but the manifest.
func listFiles(dir string) (out []backedFile, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if rel == manifestFile || rel == manifestSum {
			return nil
		}
		f := backedFile{Path: filepath.ToSlash(rel)}
		if f.Size, f.SHA256, err = sum(path); err != nil {
			return err
		}
		out = append(out, f)
		return nil
	})
	slices.SortFunc(out, func(a, b backedFile) int { return strings.Compare(a.Path, b.Path) })
	return out, err
}

// write ends a backup.
func (m *manifest) write(dir string) error {
	var err error
	if m.Files, err = listFiles(dir); err != nil {
		return fmt.Errorf("sum the backup: %w", err)
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	h := sha256.Sum256(raw)
	for name, content := range map[string][]byte{manifestSum: []byte(hex.EncodeToString(h[:]) + "\n"), manifestFile: raw} {
		if err := writeSynced(filepath.Join(dir, name), content); err != nil {
			return fmt.Errorf("write the manifest: %w", err)
		}
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// Refusals of a backup that is to be restored.
var (
	errBackupTorn    error = live.Conflict("backup_torn", "the backup is not whole")
	errBackupForeign error = live.Conflict("backup_foreign", "the folder holds no backup of this program")
	errBackupNewer   error = live.Conflict("backup_newer", "the backup was made by a newer version of this program")
)

// readManifest checks that a folder holds a whole backup that this program can
// restore: every file with its sum, and none beside them.
func readManifest(dir string) (*manifest, error) {
	refuse := func(kind error, format string, args ...any) (*manifest, error) {
		return nil, fmt.Errorf("%s: %w: %s", dir, kind, fmt.Sprintf(format, args...))
	}
	raw, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, backupClickHouse)); err == nil {
			return refuse(errBackupTorn, "it has no %s: it was not finished", manifestFile)
		}
		return refuse(errBackupForeign, "it has no %s", manifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	var m manifest
	var is struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	// Another format or version may differ in everything else.
	if err := json.Unmarshal(raw, &is); err == nil && is.Format != backupFormat {
		return refuse(errBackupForeign, "its format is %q", is.Format)
	} else if err == nil && is.Version > backupVersion {
		return refuse(errBackupNewer, "its version is %d, this program knows %d", is.Version, backupVersion)
	}
	want, err := os.ReadFile(filepath.Join(dir, manifestSum))
	if h := sha256.Sum256(raw); err != nil || strings.TrimSpace(string(want)) != hex.EncodeToString(h[:]) {
		return refuse(errBackupTorn, "%s does not have the sum in %s", manifestFile, manifestSum)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return refuse(errBackupTorn, "%s cannot be read: %v", manifestFile, err)
	}
	got, err := listFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	for i := range max(len(got), len(m.Files)) {
		switch {
		case i >= len(got), i < len(m.Files) && m.Files[i].Path < got[i].Path:
			return refuse(errBackupTorn, "%s is missing", m.Files[i].Path)
		case i >= len(m.Files), got[i].Path < m.Files[i].Path:
			return refuse(errBackupTorn, "%s is not of it", got[i].Path)
		case got[i] != m.Files[i]:
			return refuse(errBackupTorn, "%s is not what was written", got[i].Path)
		}
	}
	return &m, nil
}

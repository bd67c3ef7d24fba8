package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// key is one signing key. Its id begins with the time it was made, so that the
// greatest id is the newest key.
type key struct {
	id      string
	head    string // of the tokens it signs
	private ed25519.PrivateKey
}

func (k key) public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

const (
	keySuffix = ".pem"
	pemType   = "PRIVATE KEY"
)

// keyDir is the folder of the keys: 0700, each key a PKCS #8 PEM file, 0600.
type keyDir string

// open makes the folder and, if there is no key, the first key. The lock keeps
// a server and a command line that start together from making two.
func (d keyDir) open(now time.Time) ([]key, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, fmt.Errorf("make key directory: %w", err)
	}
	if err := os.Chmod(string(d), 0o700); err != nil {
		return nil, fmt.Errorf("close key directory to others: %w", err)
	}
	unlock, err := d.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	keys, err := d.load()
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	k, err := d.create(now)
	if err != nil {
		return nil, err
	}
	return []key{k}, nil
}

func (d keyDir) lock() (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(string(d), ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open key lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock keys: %w", err), f.Close())
	}
	// Closing the file is what releases the lock; nothing was written to it.
	return func() { _ = f.Close() }, nil
}

// load reads every key, oldest first.
func (d keyDir) load() ([]key, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	var keys []key
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), keySuffix)
		if !ok || e.IsDir() {
			continue
		}
		k, err := d.read(id)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.id, b.id) })
	return keys, nil
}

func (d keyDir) read(id string) (key, error) {
	path := filepath.Join(string(d), id+keySuffix)
	info, err := os.Stat(path)
	if err != nil {
		return key{}, fmt.Errorf("read key %s: %w", id, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key{}, fmt.Errorf("key %s is readable by others (mode %o): change it to 600, or remove it if it may have leaked", id, info.Mode().Perm())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return key{}, fmt.Errorf("read key %s: %w", id, err)
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != pemType {
		return key{}, fmt.Errorf("key %s is not a PEM private key", id)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return key{}, fmt.Errorf("parse key %s: %w", id, err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return key{}, fmt.Errorf("key %s is not an Ed25519 key", id)
	}
	return key{id: id, head: headerOf(id), private: private}, nil
}

// create makes one more key, durable before it is used.
func (d keyDir) create(now time.Time) (key, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return key{}, fmt.Errorf("generate key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return key{}, fmt.Errorf("encode key: %w", err)
	}
	sum := sha256.Sum256(public)
	id := keyPrefix(now) + "-" + hex.EncodeToString(sum[:6])
	path := filepath.Join(string(d), id+keySuffix)
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return key{}, fmt.Errorf("write key: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: pemType, Bytes: der})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return key{}, fmt.Errorf("write key: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return key{}, fmt.Errorf("write key: %w", err)
	}
	return key{id: id, head: headerOf(id), private: private}, nil
}

// keyPrefix is the sortable beginning of the id of a key made at t.
func keyPrefix(t time.Time) string { return fmt.Sprintf("%013d", t.UnixMilli()) }

// keyTime is when a key was made; the zero time for a foreign file name.
func keyTime(id string) time.Time {
	at, _, _ := strings.Cut(id, "-")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

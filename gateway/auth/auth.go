package auth

import (
	"errors"
	"path/filepath"
	"sync"
	"time"
)

// Config says where the keys are and how long a token may live.
type Config struct {
	// Dir is the data directory; the keys stand in its folder "keys".
	Dir string
	// Keys is the folder of the keys itself, where several servers share one.
	// Empty means that of Dir.
	Keys string
	// MaxTTL bounds the life of a token, issued or accepted. Zero means [MaxTTL].
	MaxTTL time.Duration
	// Now is the clock.
	Now func() time.Time
}

// MaxTTL is the longest life of a token unless configured otherwise. A month
// suits a shop platform's integration; people get an hour.
const MaxTTL = 31 * 24 * time.Hour

// reloadEvery bounds how often an unknown key id makes us look at the folder,
// so that made-up ids cannot be used to keep the disk busy.
const reloadEvery = time.Second

// Auth issues and verifies tokens. It is safe for concurrent use.
type Auth struct {
	dir    keyDir
	maxTTL time.Duration
	now    func() time.Time

	mu       sync.RWMutex
	keys     []key // oldest first; the last one signs
	reloaded time.Time
}

// Open reads the keys under cfg.Dir and makes the first one if there is none.
// It fails when a key cannot be read, is not Ed25519, or is readable by other
// users of the machine.
func Open(cfg Config) (*Auth, error) {
	if cfg.Dir == "" && cfg.Keys == "" || cfg.Now == nil {
		return nil, errors.New("auth needs a data directory and a clock")
	}
	if cfg.Keys == "" {
		cfg.Keys = filepath.Join(cfg.Dir, "keys")
	}
	if cfg.MaxTTL == 0 {
		cfg.MaxTTL = MaxTTL
	}
	a := &Auth{dir: keyDir(cfg.Keys), maxTTL: cfg.MaxTTL, now: cfg.Now}
	keys, err := a.dir.open(cfg.Now())
	if err != nil {
		return nil, err
	}
	a.keys = keys
	return a, nil
}

// Rotate makes a new key that signs from now on and returns its id. Tokens of
// the older keys stay good until they expire. Other processes on the same data
// directory learn the new key when they meet its first token.
func (a *Auth) Rotate() (kid string, err error) {
	unlock, err := a.dir.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	// Two rotations in one millisecond must still have an order.
	at := a.now()
	if newest := a.keys[len(a.keys)-1].id; newest >= keyPrefix(at) {
		at = keyTime(newest).Add(time.Millisecond)
	}
	k, err := a.dir.create(at)
	if err != nil {
		return "", err
	}
	a.keys = append(a.keys, k)
	return k.id, nil
}

func (a *Auth) signer() key {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.keys[len(a.keys)-1]
}

// key finds an accepted key, looking again at the folder when the id is new.
func (a *Auth) key(id string) (key, bool) {
	if k, ok := a.known(id); ok {
		return k, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if d := now.Sub(a.reloaded); !a.reloaded.IsZero() && d >= 0 && d < reloadEvery {
		return key{}, false
	}
	a.reloaded = now
	// A folder that cannot be read right now leaves the keys we have.
	if keys, err := a.dir.load(); err == nil && len(keys) > 0 {
		a.keys = keys
	}
	return find(a.keys, id)
}

func (a *Auth) known(id string) (key, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return find(a.keys, id)
}

// heads finds an accepted key by the header of the tokens it signs.
func (a *Auth) heads(head string) (key, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, k := range a.keys {
		if k.head == head {
			return k, true
		}
	}
	return key{}, false
}

func find(keys []key, id string) (key, bool) {
	for _, k := range keys {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

package login

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"showrunner/live"
	"showrunner/live/store"
)

// proof is somebody whom their provider has proven, until their page fetches the
// token.
type proof struct {
	browser  string
	issuer   string
	returnTo string
	who      live.Principal
}

// keptPrincipal is a principal as the database keeps it. Rooms tells every room
// (null) and none apart.
type keptPrincipal struct {
	Subject string        `json:"sub"`
	Name    string        `json:"name"`
	Role    live.Role     `json:"role"`
	Rooms   []live.RoomID `json:"rooms"`
}

func keepProof(t *store.Tx, p proof) error {
	who, err := json.Marshal(keptPrincipal{p.who.Subject, p.who.Name, p.who.Role, p.who.Rooms})
	if err != nil {
		return fmt.Errorf("encode who was proven: %w", err)
	}
	if _, err := t.Exec(`INSERT INTO login_proofs (browser_hash, merchant_id, issuer, principal, return_to, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		hash(p.browser), string(p.who.Merchant), p.issuer, string(who), p.returnTo, store.Millis(t.Now().Add(proofLife))); err != nil {
		return fmt.Errorf("keep who was proven: %w", err)
	}
	return nil
}

// useProof takes a proof away, so that it gives one token. Code: "login_expired".
func useProof(t *store.Tx, browser string) (proof, error) {
	p := proof{browser: browser}
	var who string
	var ends int64
	err := t.Row(`SELECT merchant_id, issuer, principal, return_to, expires_at FROM login_proofs WHERE browser_hash = ?`, hash(browser)).
		Scan(&p.who.Merchant, &p.issuer, &who, &p.returnTo, &ends)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !t.Now().Before(store.Time(ends)) {
		return proof{}, live.Unauthenticated("login_expired", "this login is not known: its token was fetched already, or not within %s", proofLife)
	}
	if err != nil {
		return proof{}, fmt.Errorf("read who was proven: %w", err)
	}
	if _, err := t.Exec(`DELETE FROM login_proofs WHERE browser_hash = ?`, hash(browser)); err != nil {
		return proof{}, fmt.Errorf("use proof: %w", err)
	}
	var kept keptPrincipal
	if err := json.Unmarshal([]byte(who), &kept); err != nil {
		return proof{}, fmt.Errorf("decode who was proven: %w", err)
	}
	p.who.Subject, p.who.Name, p.who.Role, p.who.Rooms = kept.Subject, kept.Name, kept.Role, kept.Rooms
	return p, nil
}

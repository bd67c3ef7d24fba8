package auth

import (
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// segment decodes a part of a token and takes no other spelling of its bytes.
var segment = base64.RawURLEncoding.Strict()

// headerOf is the first part of every token that the key of that id signs here.
func headerOf(kid string) string {
	raw, err := json.Marshal(map[string]string{"alg": jwt.SigningMethodEdDSA.Alg(), "kid": kid, "typ": "JWT"})
	if err != nil {
		panic("BUG: a header of strings cannot be encoded: " + err.Error())
	}
	return segment.EncodeToString(raw)
}

var errProof = errors.New("the signature does not prove the token")

// prove reads the claims of a token whose signature holds.
//
// A token that begins as ours do names its key by that: nothing of its header is
// left to read. All others, which an operator may have signed with tools of their
// own, go through the library. What is accepted is the same, see FuzzProve.
func (a *Auth) prove(token string, c *claims) error {
	head, rest, _ := strings.Cut(token, ".")
	if k, ok := a.heads(head); ok {
		return k.prove(token[:len(head)+1], rest, c)
	}
	return a.parse(token, c)
}

// parse is prove for any header.
func (a *Auth) parse(token string, c *claims) error {
	// The parser is told the one method our keys have before it reads the
	// token's header; what the header says can only make the token fail.
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	_, err := parser.ParseWithClaims(token, c, a.keyOf)
	return err
}

// prove is [Auth.prove] for a token of the key; head is its header and a dot.
func (k *key) prove(head, rest string, c *claims) error {
	payload, encoded, _ := strings.Cut(rest, ".")
	var room [ed25519.SignatureSize + 2]byte
	signature, err := segment.AppendDecode(room[:0], []byte(encoded))
	if err != nil {
		return err
	}
	var space [1024]byte
	signed := append(append(space[:0], head...), payload...)
	if !k.signed(signed, signature) {
		return errProof
	}
	raw, err := segment.AppendDecode(nil, signed[len(head):])
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, c)
}

// signed reports whether a signature is one of the key, as [ed25519.Verify] does
// and in half the time: signing is deterministic (RFC 8032, section 5.1.6), so
// who has the private key makes the signature again and compares. One that is
// not byte for byte the same has to convince the public key.
func (k *key) signed(message, signature []byte) bool {
	made := ed25519.Sign(k.private, message)
	return subtle.ConstantTimeCompare(made, signature) == 1 || ed25519.Verify(k.public(), message, signature)
}

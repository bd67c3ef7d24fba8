package connector

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platform's own scheme
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// wechatBlock is to what messages are padded: 32 bytes, though a block of AES
// has 16.
const wechatBlock = 32

// errSealed is all that is told of a message that does not open: which step
// failed would help to forge one.
var errSealed = errors.New("the message does not decrypt")

// wechatSigned reports whether got is sha1 of the sorted parts in hex.
func wechatSigned(got, token string, parts ...string) bool {
	if token == "" || slices.Contains(parts, "") {
		return false
	}
	parts = append(parts, token)
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // the platform's own scheme
	return subtle.ConstantTimeCompare([]byte(got), []byte(hex.EncodeToString(sum[:]))) == 1
}

// wechatKey reads an EncodingAESKey: 32 bytes in base64 without its last '='.
// The last letter has spare bits that the platform fills as it likes.
func wechatKey(text string) ([]byte, bool) {
	if len(text) != 43 {
		return nil, false
	}
	key, err := base64.StdEncoding.DecodeString(text + "=")
	return key, err == nil && len(key) == 32
}

// wechatOpen decrypts random(16) + length(4) + message + app id, AES-256-CBC
// with the key's first 16 bytes as the vector.
func wechatOpen(key []byte, encrypted string) (message []byte, app string, err error) {
	sealed, err := base64.StdEncoding.DecodeString(encrypted)
	if err != nil || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, "", errSealed
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, "", errSealed
	}
	text := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(text, sealed)
	pad := int(text[len(text)-1])
	if pad < 1 || pad > wechatBlock || pad > len(text) {
		return nil, "", errSealed
	}
	text = text[:len(text)-pad]
	if len(text) < 20 {
		return nil, "", errSealed
	}
	n := binary.BigEndian.Uint32(text[16:20])
	if uint64(n) > uint64(len(text)-20) {
		return nil, "", errSealed
	}
	return text[20 : 20+n], string(text[20+n:]), nil
}

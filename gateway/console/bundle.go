package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// file is one thing to serve, complete with the headers that differ.
type file struct {
	body    []byte
	zipped  func() []byte // the body in gzip; nil where that saves nothing
	kind    string        // Content-Type
	tag     string        // ETag
	caching string        // Cache-Control
}

// bundle is a folder of a page's files and the hash of them all, under which
// they are served: a new binary gets new addresses, and an old page never mixes
// with new scripts.
type bundle struct {
	build string
	files map[string]file // by path in the folder
}

// load reads an embedded folder.
func load(folder fs.FS) bundle {
	b := bundle{files: map[string]file{}}
	sum := sha256.New()
	err := fs.WalkDir(folder, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		body, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
		b.files[name] = newFile(body, contentType(name), immutable)
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("BUG: the console is not embedded: %v", err))
	}
	b.build = hex.EncodeToString(sum.Sum(nil)[:8])
	return b
}

func newFile(body []byte, kind, caching string) file {
	f := file{body: body, kind: kind, tag: tag(body), caching: caching}
	if len(body) > 1<<10 && !strings.HasPrefix(kind, "image/png") {
		f.zipped = sync.OnceValue(func() []byte { return zip(body) })
	}
	return f
}

// page is a document of the bundle with text replaced in it: revalidated on
// every visit, because it names the build.
func (b bundle) page(name string, replace ...string) file {
	f, ok := b.files[name]
	if !ok {
		panic(fmt.Sprintf("BUG: the console has no %s", name))
	}
	return newFile([]byte(strings.NewReplacer(replace...).Replace(string(f.body))), f.kind, revalidate)
}

func zip(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		if _, err = w.Write(body); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		panic(fmt.Sprintf("BUG: gzip into memory: %v", err))
	}
	return out.Bytes()
}

func serve(c *fiber.Ctx, f file) error {
	c.Set(fiber.HeaderContentSecurityPolicy, pagePolicy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderCacheControl, f.caching)
	c.Set(fiber.HeaderETag, f.tag)
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if c.Get(fiber.HeaderIfNoneMatch) == f.tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.kind)
	// Who says nothing of encodings is sent the text as it is.
	if f.zipped != nil && c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings("gzip") == "gzip" {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(f.zipped())
	}
	return c.Send(f.body)
}

// tag is weak, for it stands for the text and not for its encoding.
func tag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + hex.EncodeToString(sum[:8]) + `"`
}

// contentType goes by the name alone and never by the machine's mime table,
// which differs from one system to the next.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

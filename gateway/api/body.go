package api

// rawBody is the body as it came; each handler decodes it strictly.
type rawBody struct {
	RawBody []byte `contentType:"application/json"`
}

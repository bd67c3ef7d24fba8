package gateway_test

import (
	"testing"

	"showrunner/live"
)

func TestStory(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	t.Log(room, show)
	host := e.as(live.RoleHost, "m1", "host-m1")
	a := e.want(200, "POST", "/v1/shows/"+show+"/start", host, obj{"command_id": "c1"})
	t.Log(a.raw)
	a = e.do("POST", "/v1/shows/"+show+"/start", host, nil)
	t.Log(a.status, a.raw, a.header)
}

package lease

import (
	"sync"
	"time"
	_ "unsafe" // for go:linkname
)

// NATS elects the leader of a group after four to nine seconds without one, and has no
// option for it: a controller that dies together with the leader's node would be missed
// for as long. The nodes here are three processes that do little else, so that theirs
// can be shorter. The names are checked by the linker.

//go:linkname heartbeat github.com/nats-io/nats-server/v2/server.hbInterval
var heartbeat time.Duration

//go:linkname electionLeast github.com/nats-io/nats-server/v2/server.minElectionTimeout
var electionLeast time.Duration

//go:linkname electionMost github.com/nats-io/nats-server/v2/server.maxElectionTimeout
var electionMost time.Duration

//go:linkname campaignLeast github.com/nats-io/nats-server/v2/server.minCampaignTimeout
var campaignLeast time.Duration

//go:linkname campaignMost github.com/nats-io/nats-server/v2/server.maxCampaignTimeout
var campaignMost time.Duration

// hurry sets the times of the nodes of this process, before the first one starts.
var hurry = sync.OnceFunc(func() {
	heartbeat = 50 * time.Millisecond
	electionLeast, electionMost = 250*time.Millisecond, 750*time.Millisecond
	campaignLeast, campaignMost = 20*time.Millisecond, 100*time.Millisecond
})

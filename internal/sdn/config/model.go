package config

import (
	"net/netip"

	"go.yaml.in/yaml/v3"
)

// A Config is a faucet.yaml with everything that it includes.
type Config struct {
	DPs      []*DP    // in the order of the file
	Files    []string // that it was read from, and that it would be if they came
	Hash     string   // SHA-256 of their contents
	Sums     []Sum    // of each that was taken, by path
	Warnings []string // what is odd but no error
}

// A Sum is the SHA-256 of a file, in hexadecimal. The path is absolute and without links.
type Sum struct{ Path, SHA256 string }

// A DP is a switch (datapath).
type DP struct {
	At                    Pos
	Name                  string   `key:"name"`
	AdvertiseInterval     int      `key:"advertise_interval,30"` // seconds
	ARPTimeout            int      `key:"arp_neighbor_timeout,30"`
	CacheUpdateGuard      int      `key:"cache_update_guard_time,0"`
	CombinatorialFlood    bool     `key:"combinatorial_port_flood,false"`
	Cookie                uint64   `key:"cookie"`
	Description           string   `key:"description"`
	Dot1X                 Dot1X    `key:"dot1x"`
	DPACLs                []Ref    `key:"dp_acls"`
	ID                    *uint64  `key:"dp_id"`
	DropBroadcastSource   bool     `key:"drop_broadcast_source_address,true"`
	DropSpoofedMAC        bool     `key:"drop_spoofed_faucet_mac,true"`
	EgressPipeline        bool     `key:"egress_pipeline,false"`
	FastAdvertiseInterval int      `key:"fast_advertise_interval,5"`
	MAC                   string   `key:"faucet_dp_mac,0e:00:00:00:00:01"`
	GlobalVLAN            int      `key:"global_vlan,0"`
	GroupTable            bool     `key:"group_table,false"`
	HardwareName          string   `key:"hardware,Open vSwitch"`
	HighPriority          *int     `key:"high_priority"`
	HighestPriority       *int     `key:"highest_priority"`
	IdleDst               bool     `key:"idle_dst,true"`
	IgnoreLearnIns        int      `key:"ignore_learn_ins,10"`
	InterfaceRanges       *Map     `key:"interface_ranges"`
	Interfaces            *Map     `key:"interfaces"`
	LACPTimeout           int      `key:"lacp_timeout,30"`
	LearnBanTimeout       int      `key:"learn_ban_timeout,0"`
	LearnJitter           int      `key:"learn_jitter,0"`
	LLDPBeacon            DPBeacon `key:"lldp_beacon"`
	LowPriority           *int     `key:"low_priority"`
	LowestPriority        *int     `key:"lowest_priority"`
	MaxHostFIBRetries     int      `key:"max_host_fib_retry_count,10"`
	MaxHostsPerResolve    int      `key:"max_hosts_per_resolve_cycle,5"`
	MaxResolveBackoff     int      `key:"max_resolve_backoff_time,64"`
	MaxWildcardTableSize  int      `key:"max_wildcard_table_size,1280"`
	MetricsRateLimit      int      `key:"metrics_rate_limit_sec,0"`
	MinWildcardTableSize  int      `key:"min_wildcard_table_size,32"`
	MultiOut              bool     `key:"multi_out,true"`
	NDTimeout             int      `key:"nd_neighbor_timeout,30"`
	ChannelLog            string   `key:"ofchannel_log"`
	PacketInPPS           *int     `key:"packetin_pps"`
	PortTableScale        float64  `key:"port_table_scale_factor,1.0"`
	PriorityOffset        int      `key:"priority_offset,0"`
	ProactiveLearnV4      bool     `key:"proactive_learn_v4,true"`
	ProactiveLearnV6      bool     `key:"proactive_learn_v6,true"`
	SlowpathPPS           *int     `key:"slowpath_pps"`
	StackConfig           *DPStack `key:"stack"`
	StrictPacketInCookie  bool     `key:"strict_packet_in_cookie,true"`
	TableSizes            Sizes    `key:"table_sizes"`
	Timeout               int      `key:"timeout,300"`
	UseClassification     bool     `key:"use_classification,false"`
	UseIdleTimeout        bool     `key:"use_idle_timeout,false"`
	Ports                 []*Port  // by number, those that are enabled
	VLANs                 []*VLAN  // by VID, those that are used
	ACLs                  map[string]*ACL
	Meters                []*Meter
	Routers               []*Router
	ACLsOnDP              []*ACL
	AuthACL, NoAuthACL    *ACL            // of 802.1X, for who is let in and who is not
	AssignedACLs          map[string]*ACL // that a RADIUS server may name (dot1x_assigned)
	Hardware              *Hardware
	Stack                 *Stack // nil when it is in none
	vlans                 map[string]*VLAN
	meters                map[string]*Meter
	all                   []*Port // disabled ones too
	node                  *yaml.Node
	original              *DP // of one that Assign made
}

// DatapathID is the 64 bits that the switch gives itself.
func (dp *DP) DatapathID() uint64 { return *dp.ID }

// Port returns the port of a number.
func (dp *DP) Port(number uint32) *Port {
	for _, p := range dp.Ports {
		if p.Number == number {
			return p
		}
	}
	return nil
}

// VLAN returns the VLAN of a VID.
func (dp *DP) VLAN(vid int) *VLAN {
	for _, v := range dp.VLANs {
		if v.VID == vid {
			return v
		}
	}
	return nil
}

// Dot1X is how 802.1X is done.
type Dot1X struct {
	At           Pos
	AuthACL      string `key:"auth_acl"`
	Interface    string `key:"nfv_intf"`
	SwitchPort   int    `key:"nfv_sw_port"`
	NoAuthACL    string `key:"noauth_acl"`
	RadiusIP     string `key:"radius_ip"`
	RadiusPort   int    `key:"radius_port"`
	RadiusSecret string `key:"radius_secret"`
}

// DPBeacon is how LLDP is sent.
type DPBeacon struct {
	At             Pos
	MaxPerInterval *int    `key:"max_per_interval"`
	SendInterval   *int    `key:"send_interval"`
	SystemName     *string `key:"system_name"`
}

// DPStack makes a switch one that can be the root of a stack.
type DPStack struct {
	At            Pos
	DownTime      int     `key:"down_time_multiple,3"`
	MinLACPHealth float64 `key:"min_lacp_health,1.0"`
	MinHealth     float64 `key:"min_stack_health,1.0"`
	Priority      *int    `key:"priority"`
	RouteLearning bool    `key:"route_learning,false"`
}

// Sizes are those of tables, for hardware that wants them.
type Sizes struct {
	At             Pos
	Classification *int `key:"classification"`
	EthDst         *int `key:"eth_dst"`
	EthDstHairpin  *int `key:"eth_dst_hairpin"`
	EthSrc         *int `key:"eth_src"`
	Flood          *int `key:"flood"`
	IPv4FIB        *int `key:"ipv4_fib"`
	IPv6FIB        *int `key:"ipv6_fib"`
	PortACL        *int `key:"port_acl"`
	VIP            *int `key:"vip"`
	VLAN           *int `key:"vlan"`
	VLANACL        *int `key:"vlan_acl"`
}

// A Port is an interface of a switch.
type Port struct {
	At                 Pos
	Number             uint32
	ACLIn              *Ref        `key:"acl_in"`
	ACLsIn             *[]Ref      `key:"acls_in"`
	Coprocessor        Coprocessor `key:"coprocessor"`
	CountUntagMiss     bool        `key:"count_untag_vlan_miss,false"`
	Description        string      `key:"description"`
	Dot1X              bool        `key:"dot1x,false"`
	Dot1XACL           bool        `key:"dot1x_acl,false"`
	Dot1XDynACL        bool        `key:"dot1x_dyn_acl,false"`
	Dot1XMAB           bool        `key:"dot1x_mab,false"`
	Enabled            bool        `key:"enabled,true"`
	Hairpin            bool        `key:"hairpin,false"`
	HairpinUnicast     bool        `key:"hairpin_unicast,false"`
	LACP               int         `key:"lacp,0"`
	LACPActive         bool        `key:"lacp_active,false"`
	LACPCollect        bool        `key:"lacp_collect_and_distribute,false"`
	LACPPassthrough    []Ref       `key:"lacp_passthrough"`
	LACPPortID         int         `key:"lacp_port_id,-1"`
	LACPPriority       int         `key:"lacp_port_priority,255"`
	LACPInterval       int         `key:"lacp_resp_interval,1"`
	LACPSelected       bool        `key:"lacp_selected,false"`
	LACPStandby        bool        `key:"lacp_standby,false"`
	LACPUnselected     bool        `key:"lacp_unselected,false"`
	Beacon             PortBeacon  `key:"lldp_beacon"`
	LLDPPeer           string      `key:"lldp_peer_mac"`
	LoopProtect        bool        `key:"loop_protect,false"`
	LoopProtectOutside bool        `key:"loop_protect_external,false"`
	MaxHosts           int         `key:"max_hosts,255"`
	MaxLLDPLost        int         `key:"max_lldp_lost,3"`
	MirrorRef          Refs        `key:"mirror"`
	Name               string      `key:"name"`
	Native             *Ref        `key:"native_vlan"`
	NumberKey          *int        `key:"number"`
	OpstatusReconf     bool        `key:"opstatus_reconf,true"`
	OutputOnly         bool        `key:"output_only,false"`
	PermanentLearn     bool        `key:"permanent_learn,false"`
	ReceiveLLDP        bool        `key:"receive_lldp,false"`
	RestrictedBcast    bool        `key:"restricted_bcast_arpnd,false"`
	StackKey           *PortStack  `key:"stack"`
	TaggedRefs         []Ref       `key:"tagged_vlans"`
	UnicastFlood       bool        `key:"unicast_flood,true"`

	NativeVLAN *VLAN
	Tagged     []*VLAN
	ACLs       []*ACL
	Mirrors    []*Port // to which its traffic is copied
	CopiedTo   bool    // an ACL copies to it: what comes from there is dropped
	Peer       *Port   // the other end, of a stack port
	DP         *DP
	key        string // as it was written
}

// VLANs are all of the port, the tagged ones first.
func (p *Port) VLANs() []*VLAN {
	if p.NativeVLAN == nil {
		return p.Tagged
	}
	return append(append([]*VLAN(nil), p.Tagged...), p.NativeVLAN)
}

// IsStack says whether the port leads to another switch of the stack.
func (p *Port) IsStack() bool { return p.StackKey != nil && p.StackKey.DP != "" }

// PortStack names the other end.
type PortStack struct {
	At   Pos
	DP   string `key:"dp"`
	Port *Ref   `key:"port"`
}

// Coprocessor is what a port's device does.
type Coprocessor struct {
	At       Pos
	Strategy string `key:"strategy"`
	Base     int    `key:"vlan_vid_base,0"`
}

// PortBeacon is what a port sends by LLDP.
type PortBeacon struct {
	At         Pos
	Enable     bool     `key:"enable,false"`
	OrgTLVs    []OrgTLV `key:"org_tlvs"`
	PortDescr  string   `key:"port_descr"`
	SystemName string   `key:"system_name"`
}

// OrgTLV is an organisation's own.
type OrgTLV struct {
	At      Pos
	Info    *Ref `key:"info"`
	OUI     *Ref `key:"oui"`
	Subtype *Ref `key:"subtype"`
}

// A VLAN as one switch has it.
type VLAN struct {
	At                 Pos
	ACLIn              *Ref      `key:"acl_in"`
	ACLOut             *Ref      `key:"acl_out"`
	ACLsInRef          *[]Ref    `key:"acls_in"`
	ACLsOutRef         *[]Ref    `key:"acls_out"`
	Description        string    `key:"description"`
	Dot1XAssigned      bool      `key:"dot1x_assigned,false"`
	EdgeLearnStackRoot bool      `key:"edge_learn_stack_root,true"`
	MACText            string    `key:"faucet_mac,0e:00:00:00:00:01"`
	VIPKey             *[]scalar `key:"faucet_vips"`
	MaxHosts           int       `key:"max_hosts,256"`
	MinimumIPSize      bool      `key:"minimum_ip_size_check,true"`
	Name               string    `key:"name"`
	ProactiveARPLimit  int       `key:"proactive_arp_limit,0"`
	ProactiveNDLimit   int       `key:"proactive_nd_limit,0"`
	Reserved           bool      `key:"reserved_internal_vlan,false"`
	RouteKeys          []Map     `key:"routes"`
	TargetedGW         bool      `key:"targeted_gw_resolution,true"`
	UnicastFlood       bool      `key:"unicast_flood,true"`
	VIDKey             *int      `key:"vid"`
	VID                int
	MAC                [6]byte
	VIPs               []netip.Prefix // with the host's bits
	Routes             []Route
	ACLsIn, ACLsOut    []*ACL
	Untagged           []*Port // by number
	Tagged             []*Port // by number
	key                string
}

// Ports are all members, tagged ones first.
func (v *VLAN) Ports() []*Port { return append(append([]*Port(nil), v.Tagged...), v.Untagged...) }

// A Route is a static one.
type Route struct {
	Dst netip.Prefix
	Gw  netip.Addr
}

// A Meter limits a rate.
type Meter struct {
	At    Pos
	Name  string
	ID    *int       `key:"meter_id"`
	Entry *MeterData `key:"entry"`
}

// MeterData is the meter as the switch gets it.
type MeterData struct {
	At    Pos
	Flags *Strings `key:"flags"`
	Bands []Band   `key:"bands"`
	ID    *int     `key:"meter_id"`
}

// A Band is a limit and what is done above it.
type Band struct {
	At         Pos
	Type       Ref `key:"type"` // DROP, DSCP_REMARK or EXPERIMENTER; others are left out, with a warning
	Rate       int `key:"rate"`
	BurstSize  int `key:"burst_size"`
	Precedence int `key:"prec_level"`
	Vendor     int `key:"experimenter"`
}

// A Router joins VLANs, or speaks BGP for one, or both.
type Router struct {
	At       Pos
	Name     string
	BGP      *BGP  `key:"bgp"`
	VLANRefs []Ref `key:"vlans"`
	VLANs    []*VLAN
	BGPVLAN  *VLAN
}

// BGP is a router's own.
type BGP struct {
	At                Pos
	AS                *int     `key:"as"`
	ConnectMode       string   `key:"connect_mode,passive"`
	NeighborAddresses []string `key:"neighbor_addresses"`
	NeighborAS        *int     `key:"neighbor_as"`
	Port              *int     `key:"port"`
	RouterID          string   `key:"routerid"`
	ServerAddresses   []string `key:"server_addresses"`
	VLAN              *Ref     `key:"vlan"`

	// What Faucet does not have.
	NeighborMode     string `key:"neighbor_connect_mode,passive"` // active or both: we connect to neighbours
	NeighborPassword string `key:"neighbor_password"`             // of TCP's MD5 signatures
	NeighborPort     *int   `key:"neighbor_port"`                 // to which we connect
	MaximumPaths     int    `key:"maximum_paths,1"`               // next hops of a network
}

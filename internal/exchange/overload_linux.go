package exchange

import "golang.org/x/sys/unix"

// machine returns the load average of the last minute and the free memory in bytes.
func machine() (load float64, free int64, ok bool) {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0, 0, false
	}
	return float64(info.Loads[0]) / 65536, int64(uint64(info.Freeram+info.Bufferram) * uint64(info.Unit)), true
}

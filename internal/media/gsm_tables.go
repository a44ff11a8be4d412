package media

// The tables of ETSI EN 300 961 §5.4.

// gsmQuantizer is how one log area ratio is quantized and rebuilt (tables 5.1 and 5.2).
type gsmQuantizer struct{ slope, offset, least, most, inverse int }

var gsmQuantArea = [8]gsmQuantizer{
	{20480, 0, -32, 31, 13107},
	{20480, 0, -32, 31, 13107},
	{20480, 2048, -16, 15, 13107},
	{20480, -2560, -16, 15, 13107},
	{13964, 94, -8, 7, 19223},
	{15360, -1792, -8, 7, 17476},
	{8534, -341, -4, 3, 31454},
	{9036, -1144, -4, 3, 29708},
}

var (
	gsmGainDecision = [3]int{6554, 16384, 26214}                                          // DLB, table 5.3a
	gsmGain         = [4]int{3277, 11469, 21299, 32767}                                   // QLB, table 5.3b
	gsmWeight       = [11]int{-134, -374, 0, 2054, 5741, 8192, 5741, 2054, 0, -374, -134} // H, table 5.4
	gsmInverse      = [8]int{29128, 26215, 23832, 21846, 20165, 18725, 17476, 16384}      // NRFAC, table 5.5
	gsmFactor       = [8]int{18431, 20479, 22527, 24575, 26623, 28671, 30719, 32767}      // FAC, table 5.6
)

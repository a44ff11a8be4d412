<?php
// A script as people write it: a socket, UserName with a capital N, events off, and it reads until the server hangs up.
$socket = fsockopen($argv[1], 5038, $errno, $error, 10) or die("$error\n");
stream_set_timeout($socket, 10);
fputs($socket, "Action: Login\r\nUserName: admin\r\nSecret: claveadmin\r\nEvents: off\r\n\r\n");
fputs($socket, "Action: ListCommands\r\n\r\n");
fputs($socket, "Action: Command\r\nCommand: core show uptime seconds\r\n\r\n");
fputs($socket, "Action: Logoff\r\n\r\n");
$commands = 0;
$lines = array();
while (!feof($socket)) {
    $line = fgets($socket, 4096);
    if ($line === false) break;
    if (strpos($line, '(Priv: ') !== false) $commands++;
    else if (strpos($line, 'Asterisk Call Manager') === 0) echo "banner\n";
    else if (strpos($line, 'Output:') === 0) echo 'output ', preg_replace('/\d+/', 'N', trim(substr($line, 7))), "\n";
    else if (preg_match('/^(Response|Message): (.*)/', $line, $m)) echo strtolower($m[1]), ' ', trim($m[2]), "\n";
}
fclose($socket);
echo $commands > 50 ? "commands\n" : "only $commands commands\n";

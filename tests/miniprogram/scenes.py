"""Plays the scripts of this folder that ask for something meanwhile: on stdout what to do, on stdin that it is done."""

import json
import subprocess
from typing import Any

from benchmarks.programs import inherited
from tests.deployment import Deployment
from tests.miniprogram.node import HERE, command
from tests.servers import PATIENCE

ENDS_WITHIN = 10 * PATIENCE
"""Seconds from its last word to its end: what is still open then would keep it alive."""


def play(site: Deployment, *arguments: str) -> Any:
    """Play a script, doing to the server what it asks for; what was seen. It has to end by itself."""
    (server,) = site.servers
    orders = {"kill": server.kill, "stop": server.stop, "start": server.start}
    with subprocess.Popen(
        command(*arguments),
        cwd=HERE,
        env=inherited(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        try:
            seen: Any = None
            while line := process.stdout.readline():
                seen = json.loads(line)
                if "please" not in seen:
                    break
                orders[seen["please"]]()
                process.stdin.write("done\n")
                process.stdin.flush()
            process.stdin.close()
            code = process.wait(ENDS_WITHIN)
        except BaseException:
            process.kill()
            raise
        assert code == 0, process.stderr.read()
    return seen

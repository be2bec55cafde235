"""What drum-r makes of the model's requirements.txt: the names of Debian's packages, or whether R has all of them.

requirements.py debian | check
"""

import sys
from pathlib import Path

from drum.errors import DrumError

FOLDER = Path("/build")


def main(step: str) -> None:
    """Print the packages, or load them in R. This runs in the image, where drum-r is."""
    from drum_r.engine import engine
    from drum_r.packages import check_requirements, read_requirements

    wanted = read_requirements(FOLDER)
    if step == "debian":
        sys.stdout.writelines(f"r-cran-{requirement.name.lower()}\n" for requirement in wanted)
    else:
        engine().run(lambda session: check_requirements(session, wanted))


try:
    main(sys.argv[1])
except DrumError as error:
    sys.exit(str(error))

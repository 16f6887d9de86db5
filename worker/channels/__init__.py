"""One file for each way of telling somebody. A failure says whose it is: the server's, or this recipient's."""

"""The drawings of Brumelac: a paper-cut lake, wooden pieces and cards on a walnut table."""
